/** The samples that head statistics are means over, and what the Heads view loads of them. */

import { computed } from "@preact/signals";
import * as api from "./api";
import { exampleOf, perSide, placeOf, version } from "./catalogue";
import { statisticsFrame, type StatisticsFrame } from "./frames";
import { blockMismatch } from "./lib/difference";
import type { Normalisation, Side } from "./lib/selection";
import { load, peek, type Query } from "./loading";
import { resource } from "./resource";
import type { Cohort, CohortDifference, CohortHistory, Manifest } from "./schema";
import { field, visibleSides } from "./state";

/** The change of every block from A to B, in the order of the manifest; null where B lacks the block. */
export interface ChangeFrame {
  manifest: Manifest;
  blocks: (CohortDifference | null)[];
}

/** One statistic over the steps, by block. */
export interface Histories {
  statistic: string;
  blocks: Map<string, CohortHistory>;
}

const view = field("view");
const inSight = computed(() => view.value === "heads");
const [mode, panel, cells] = [field("mode"), field("panel"), field("cells")];
const [cohort, normalisation] = [field("cohort"), field("normalisation")];
const [statistic, block, filter] = [field("statistic"), field("block"), field("filter")];

/** The cohort that every step has. */
const ALL = "all";

/** The cohorts to choose from. */
export const cohorts = resource<Cohort[]>(() => {
  const [side] = visibleSides.value;
  const [here, there] = [placeOf[side].value, placeOf[opposite(side)].value];
  if (!here) return null;
  const beside = there ? { other_run: there.run, other_step: there.step } : {};
  return inSight.value ? api.cohorts({ run: here.run, step: here.step, ...beside }, version.value) : undefined;
});

/** The members of the chosen cohort at a side's checkpoint; null where a single example is shown. */
export const cohortOf = perSide((side) =>
  computed((): api.Members | null => {
    const [here, there] = [placeOf[side].value, placeOf[opposite(side)].value];
    if (!here || cohort.value === null) return null;
    const members = { run: here.run, step: here.step, cohort: cohort.value };
    const flipped = cohort.value === "flipped" && there;
    return flipped ? { ...members, other_run: there.run, other_step: there.step } : members;
  }),
);

/** Why the samples can't be told, or null. */
export const cohortObstacle = computed(() => {
  const alone = cohort.value === "flipped" && placeOf.b.value === null;
  return alone ? "Which samples flipped is seen between two checkpoints: choose a B." : null;
});

/** Statistics of all heads: those of the example, or means over the cohort. */
export const headStatisticsOf = perSide((side) =>
  resource<StatisticsFrame>(() => {
    const place = placeOf[side].value;
    if (!place || cohortObstacle.value !== null) return null;
    if (!inSight.value || !visibleSides.value.includes(side)) return undefined;
    return headStatistics(place, cohortOf[side].value);
  }),
);

/** The same at another step, where it is known that there is such a cohort. */
export function headStatisticsAt(place: api.Place): Query<StatisticsFrame> | null {
  if (cohort.value !== null && cohort.value !== ALL) return null;
  return headStatistics(place, cohort.value && { run: place.run, step: place.step, cohort: cohort.value });
}

function headStatistics(place: api.Place, members: api.Members | null): Query<StatisticsFrame> {
  if (!members) return statisticsFrame(place, normalisation.value);
  return cohortFrame(place, members, normalisation.value, version.value);
}

/** Whether B - A is shown, or a condition asks for it. */
export const changeWanted = computed(() => {
  if (mode.value === "difference") return true;
  return mode.value === "ab" && (panel.value === "list" || /\b(change|beyond_chance)\b/i.test(filter.value ?? ""));
});

/** B - A over the members of the cohort at A; null where single examples are compared. */
export const cohortChange = resource<ChangeFrame>(() => {
  const [a, b, members] = [placeOf.a.value, placeOf.b.value, cohortOf.a.value];
  if (!a || !b || !members) return null;
  return inSight.value && changeWanted.value ? changeFrame(a, b, members, normalisation.value, version.value) : undefined;
});

/** The chosen statistic over the steps: of every block where all are shown, else of the chosen one. */
export const historiesOf = perSide((side) =>
  resource<Histories>(() => {
    const wanted = statistic.value === null ? null : historiesAt(side, statistic.value);
    if (wanted === null) return null;
    return inSight.value && visibleSides.value.includes(side) ? wanted : undefined;
  }),
);

/** The same of any statistic; null where it can't be told. */
export function historiesAt(side: Side, name: string): Query<Histories> | null {
  const [place, example] = [placeOf[side].value, exampleOf[side].value];
  if (!place || !example || block.value === null || cohortObstacle.value !== null) return null;
  const asked = /\bemergence\b/i.test(filter.value ?? "");
  const everywhere = panel.value === "list" || (panel.value === "matrix" && (cells.value !== "value" || asked));
  // Of an example the last step, so that its history stays the same while the user goes over the steps.
  const last = { ...place, step: example.steps[example.steps.length - 1] };
  const alone = { run: last.run, step: last.step, cohort: `tag:${last.tag}` };
  const only = everywhere ? null : block.value;
  return histories(last, cohortOf[side].value ?? alone, name, only, normalisation.value, version.value);
}

function opposite(side: Side): Side {
  return side === "a" ? "b" : "a";
}

function cohortFrame(
  place: api.Place,
  members: api.Members,
  normalised: Normalisation,
  logged: string,
): Query<StatisticsFrame> {
  return {
    key: `cohort ${JSON.stringify([place, members, normalised])} ${logged}`,
    run: async (signal) => {
      const manifest = peek(api.manifest(place)) ?? (await load(api.manifest(place), signal));
      const blocks = manifest.attention.map(({ name }) =>
        load(api.cohortStatistics(members, name, logged, normalised), signal),
      );
      return { manifest, blocks: await Promise.all(blocks) };
    },
  };
}

function changeFrame(
  a: api.Place,
  b: api.Place,
  members: api.Members,
  normalised: Normalisation,
  logged: string,
): Query<ChangeFrame> {
  const both = { ...members, other_run: b.run, other_step: b.step };
  return {
    key: `change ${JSON.stringify([a, b, both, normalised])} ${logged}`,
    run: async (signal) => {
      const [manifest, inB] = await Promise.all([load(api.manifest(a), signal), load(api.manifest(b), signal)]);
      const blocks = manifest.attention.map((block) => {
        const other = inB.attention.find(({ name }) => name === block.name);
        const fits = blockMismatch(block, other) === null;
        return fits ? load(api.cohortDifference(both, block.name, logged, normalised), signal) : null;
      });
      return { manifest, blocks: await Promise.all(blocks) };
    },
  };
}

function histories(
  place: api.Place,
  members: api.Members,
  name: string,
  only: string | null,
  normalised: Normalisation,
  logged: string,
): Query<Histories> {
  return {
    key: `histories ${JSON.stringify([place, members, name, only, normalised])} ${logged}`,
    run: async (signal) => {
      const manifest = peek(api.manifest(place)) ?? (await load(api.manifest(place), signal));
      const having = manifest.attention.filter(
        (candidate) =>
          (only === null || candidate.name === only) && candidate.statistics.some((one) => one.name === name),
      );
      const found = await Promise.all(
        having.map(async (one) => {
          const query = api.cohortHistory(members, one.name, [name], logged, normalised);
          return [one.name, await load(query, signal)] as const;
        }),
      );
      return { statistic: name, blocks: new Map(found) };
    },
  };
}
