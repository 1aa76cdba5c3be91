/** What all panels with head statistics show: of which statistic, over which samples, compared or not. */

import { changeWanted, cohortChange, cohortObstacle, headStatisticsOf, type ChangeFrame } from "../../cohorts";
import { obstacle } from "../../comparison";
import type { StatisticsFrame } from "../../frames";
import type { Side } from "../../lib/selection";
import type { Statistic } from "../../schema";
import { selection, visibleSides } from "../../state";
import { offeredStatistic, statisticsOffered } from "./statistics";

export interface HeadsShown {
  sides: readonly Side[];
  frames: Partial<Record<Side, StatisticsFrame>>;
  front: StatisticsFrame | undefined;
  offered: Statistic[];
  statistic: Statistic | undefined;
  /** B - A over samples, where that was asked for. */
  change: ChangeFrame | null;
  /** Why there is nothing to show, or null. */
  obstacle: string | null;
  /** Whether all that is asked for is there. */
  ready: boolean;
  loading: boolean;
  error: string | null;
  retry(): void;
}

export function headsShown(): HeadsShown {
  const { cohort, statistic: wanted } = selection.value;
  const sides = visibleSides.value;
  const frames = Object.fromEntries(sides.map((side) => [side, headStatisticsOf[side].value.value ?? undefined]));
  const front = frames[sides[0]] ?? frames[sides[1]];
  const overPairs = cohort !== null && changeWanted.value;
  const change = overPairs ? cohortChange.value.value : null;
  const progress = [...sides.map((side) => headStatisticsOf[side]), ...(overPairs ? [cohortChange] : [])];
  const failed = progress.find(({ error }) => error.value !== null);
  const statistic = front && offeredStatistic(front, wanted);
  const complete = sides.every((side) => frames[side]) && (!overPairs || change !== null);
  const hindered = cohortObstacle.value ?? obstacle.value;
  return {
    sides,
    frames,
    front,
    offered: front ? statisticsOffered(front) : [],
    statistic,
    change,
    obstacle: hindered,
    ready: complete && statistic !== undefined && hindered === null,
    loading: progress.some(({ loading }) => loading.value),
    error: failed?.error.value ?? null,
    retry: () => failed?.retry(),
  };
}

export function isNormalised(): boolean {
  return selection.value.normalisation !== "none";
}

/** The unit of what is shown: a z-score counts standard deviations. */
export function shownUnit(statistic: Statistic): string {
  return isNormalised() ? "z" : statistic.unit;
}
