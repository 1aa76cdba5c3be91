/** What the panels of the Heads view show beside the matrices: similarity, matching, budget. */

import { computed, type ReadonlySignal } from "@preact/signals";
import * as api from "./api";
import { exampleOf, perSide, placeOf, version } from "./catalogue";
import { cohortOf } from "./cohorts";
import { manifestOf } from "./data";
import { attentionFrame } from "./frames";
import { parseHead } from "./lib/heads";
import { attentionChoice, type HeadPanel, type Side } from "./lib/selection";
import { together } from "./loading";
import { resource } from "./resource";
import type { AttentionBlock, CohortHistory } from "./schema";
import { field, selection, visibleSides } from "./state";

export const BUDGET_STATISTICS = ["budget_image", "budget_prompt", "budget_generated", "budget_special", "budget_sink"];

const view = field("view");
const panel = field("panel");
const cohort = field("cohort");
const block = field("block");

const inSight = (wanted: HeadPanel) => view.value === "heads" && panel.value === wanted;

/** The samples of a side: the chosen cohort at its checkpoint, else its example. */
const membersOf: Record<Side, ReadonlySignal<api.Members | null>> = perSide((side) =>
  computed(() => {
    const place = placeOf[side].value;
    return cohortOf[side].value ?? (place && { run: place.run, step: place.step, cohort: `tag:${place.tag}` });
  }),
);

export const similarityOf = perSide((side) =>
  resource(() => {
    const members = membersOf[side].value;
    if (!members || block.value === null) return null;
    if (!inSight("similarity") || !visibleSides.value.includes(side)) return undefined;
    return api.headSimilarity(members, block.value, version.value);
  }),
);

/** Which head of B is most like which head of A. */
export const matching = resource(() => {
  const [members, other] = [membersOf.a.value, placeOf.b.value];
  if (!members || !other || block.value === null) return null;
  if (!inSight("similarity") || visibleSides.value.length < 2) return undefined;
  const both = { ...members, other_run: other.run, other_step: other.step };
  return api.headMatching(both, block.value, version.value);
});

/** The chosen token in the head that is compared with the chosen one. */
export const comparedHeadOf = perSide((side) =>
  resource(() => {
    const [place, { comparedHead }] = [placeOf[side].value, selection.value];
    const head = comparedHead === null ? null : parseHead(comparedHead);
    if (!place || !head) return null;
    return inSight("similarity") ? attentionFrame(place, { ...attentionChoice(selection.value), ...head }) : undefined;
  }),
);

/** B's head that matches the chosen head of A, or null while none is known. */
export const matchedHead: ReadonlySignal<{ layer: number; head: number } | null> = computed(() => {
  const found = matching.value.value;
  const { layer, head } = selection.value;
  const index = found?.block === block.value ? found.layer.findIndex((of, place) => of === layer && found.head[place] === head) : -1;
  return found && index >= 0 ? { layer: found.otherLayer[index], head: found.otherHead[index] } : null;
});

/** The chosen token in B's head that matches the chosen head of A. */
export const matchedFrame = resource(() => {
  const [place, found] = [placeOf.b.value, matchedHead.value];
  if (!place || !found) return null;
  return inSight("similarity") ? attentionFrame(place, { ...attentionChoice(selection.value), ...found }) : undefined;
});

export interface BlockBudget {
  block: AttentionBlock;
  history: CohortHistory;
}

/** Blocks whose budget was logged, in the manifest's order. */
export function budgetBlocks(side: Side): AttentionBlock[] {
  const blocks = manifestOf[side].value.value?.attention ?? [];
  return blocks.filter(({ statistics }) => statistics.some(({ name }) => name === BUDGET_STATISTICS[0]));
}

/** The budget at every step of each of {@link budgetBlocks}. */
export const budgetsOf = perSide((side) =>
  resource<BlockBudget[]>(() => {
    const [members, blocks] = [historyMembers(side), budgetBlocks(side)];
    if (!members || blocks.length === 0) return null;
    if (!inSight("budget") || !visibleSides.value.includes(side)) return undefined;
    const queries = blocks.map(({ name }) => api.cohortHistory(members, name, BUDGET_STATISTICS, version.value));
    const key = `budgets ${queries.map((query) => query.key).join()}`;
    const histories = together(`${key} histories`, queries);
    const pair = (history: CohortHistory, index: number): BlockBudget => ({ block: blocks[index], history });
    return { key, run: async (signal) => (await histories.run(signal)).map(pair) };
  }),
);

/** An example is asked for at its last step, so that its history stays the same while the user goes over the steps. */
function historyMembers(side: Side): api.Members | null {
  const [members, steps] = [membersOf[side].value, exampleOf[side].value?.steps];
  return members && cohort.value === null && steps ? { ...members, step: steps[steps.length - 1] } : members;
}
