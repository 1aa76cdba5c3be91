/** What all panels with head statistics show: of which statistic, over which samples, compared or not. */

import { cohortChange, headStatisticsOf, type ChangeFrame } from "../../cohorts";
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
  /** Whether all that is asked for is there. */
  ready: boolean;
  loading: boolean;
  error: string | null;
  retry(): void;
}

export function headsShown(): HeadsShown {
  const { cohort, statistic: wanted, mode, panel } = selection.value;
  const sides = visibleSides.value;
  const frames = Object.fromEntries(sides.map((side) => [side, headStatisticsOf[side].value.value ?? undefined]));
  const front = frames[sides[0]] ?? frames[sides[1]];
  const overPairs = cohort !== null && (mode === "difference" || (mode === "ab" && panel === "list"));
  const change = overPairs ? cohortChange.value.value : null;
  const progress = [...sides.map((side) => headStatisticsOf[side]), ...(overPairs ? [cohortChange] : [])];
  const failed = progress.find(({ error }) => error.value !== null);
  const statistic = front && offeredStatistic(front, wanted);
  const complete = sides.every((side) => frames[side]) && (!overPairs || change !== null);
  return {
    sides,
    frames,
    front,
    offered: front ? statisticsOffered(front) : [],
    statistic,
    change,
    ready: complete && statistic !== undefined && obstacle.value === null,
    loading: progress.some(({ loading }) => loading.value),
    error: failed?.error.value ?? null,
    retry: () => failed?.retry(),
  };
}

/** Differences over samples are of the statistic as it is. */
export function isNormalised(): boolean {
  const { normalisation, mode, cohort } = selection.value;
  return normalisation !== "none" && !(mode === "difference" && cohort !== null);
}

/** The unit of what is shown: a z-score counts standard deviations. */
export function shownUnit(statistic: Statistic): string {
  return selection.value.normalisation === "none" ? statistic.unit : "z";
}
