/** What the panels of the Heads view show beside the matrices: similarity, matching, budget. */

import { computed, type ReadonlySignal } from "@preact/signals";
import * as api from "./api";
import { perSide, placeOf, version } from "./catalogue";
import { manifestOf } from "./data";
import { attentionFrame } from "./frames";
import { parseHead } from "./lib/heads";
import type { HeadPanel, Side } from "./lib/selection";
import { together } from "./loading";
import { resource } from "./resource";
import type { AttentionBlock } from "./schema";
import { field, selection } from "./state";

export const BUDGET_STATISTICS = ["budget_image", "budget_prompt", "budget_generated", "budget_special", "budget_sink"];

const view = field("view");
const panel = field("panel");
const cohort = field("cohort");
const block = field("block");

const inSight = (wanted: HeadPanel) => view.value === "heads" && panel.value === wanted;

/** The samples of a side: the chosen cohort at its checkpoint, else its example. */
export const membersOf: Record<Side, ReadonlySignal<api.Members | null>> = perSide((side) =>
  computed(() => {
    const [here, there] = [placeOf[side].value, placeOf[side === "a" ? "b" : "a"].value];
    if (!here) return null;
    const members = { run: here.run, step: here.step, cohort: cohort.value ?? `tag:${here.tag}` };
    const needsOther = cohort.value === "flipped" && there;
    return needsOther ? { ...members, other_run: there.run, other_step: there.step } : members;
  }),
);

export const similarityOf = perSide((side) =>
  resource(() => {
    const members = membersOf[side].value;
    if (!members || block.value === null) return null;
    return inSight("similarity") ? api.headSimilarity(members, block.value, version.value) : undefined;
  }),
);

/** Which head of B is most like which head of A. */
export const matching = resource(() => {
  const [members, other] = [membersOf.a.value, placeOf.b.value];
  if (!members || !other || block.value === null) return null;
  if (!inSight("similarity")) return undefined;
  const both = { ...members, other_run: other.run, other_step: other.step };
  return api.headMatching(both, block.value, version.value);
});

/** The chosen token in the head that is compared with the chosen one. */
export const comparedHeadOf = perSide((side) =>
  resource(() => {
    const [place, { comparedHead }] = [placeOf[side].value, selection.value];
    const head = comparedHead === null ? null : parseHead(comparedHead);
    if (!place || !head) return null;
    return inSight("similarity") ? attentionFrame(place, { ...selection.value, ...head }) : undefined;
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
  return inSight("similarity") ? attentionFrame(place, { ...selection.value, ...found }) : undefined;
});

/** Blocks whose budget was logged, in the manifest's order. */
export function budgetBlocks(side: Side): AttentionBlock[] {
  const blocks = manifestOf[side].value.value?.attention ?? [];
  return blocks.filter(({ statistics }) => statistics.some(({ name }) => name === BUDGET_STATISTICS[0]));
}

/** The budget at every step of each of {@link budgetBlocks}. */
export const budgetsOf = perSide((side) =>
  resource(() => {
    const [members, blocks] = [membersOf[side].value, budgetBlocks(side)];
    if (!members || blocks.length === 0) return null;
    if (!inSight("budget")) return undefined;
    const queries = blocks.map(({ name }) => api.cohortHistory(members, name, BUDGET_STATISTICS, version.value));
    return together(`budgets ${queries.map(({ key }) => key).join()}`, queries);
  }),
);
