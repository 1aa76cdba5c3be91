/** Nearest tokens, and how neighbourhoods change: what the Neighbours panel of the Embeddings view shows. */

import { computed } from "@preact/signals";
import * as api from "./api";
import { exampleOf, perSide, placeOf, runOf, stepOf, version } from "./catalogue";
import { manifestOf, shownDepth } from "./data";
import { findSequence } from "./lib/blocks";
import { evenly, type NeighbourColumn } from "./lib/neighbourhoods";
import { together, type Query } from "./loading";
import { resource } from "./resource";
import type { Modality } from "./schema";
import { field, visibleSides } from "./state";
import { cardToken } from "./token_card";

const view = field("view");
const embeddingPanel = field("embeddingPanel");
const neighbourhoods = field("neighbourhoods");
const changedOf = field("changedOf");
const metric = field("metric");
const nearestCount = field("nearestCount");
const neighbourColumns = field("neighbourColumns");
const everyWord = field("everyWord");
const sequence = field("sequence");
const tokens = field("tokens");

/** More columns than this can't be told apart. */
const MOST_COLUMNS = 16;

const inSight = computed(() => view.value === "embeddings" && embeddingPanel.value === "neighbours");

/** The token that the user chose, where its example has hidden states of it. */
export const askedToken = computed(() => {
  if (sequence.value === null || tokens.value.length === 0) return null;
  const shown = cardToken.value;
  const logged = shown?.manifest.hidden_states.some((states) => states.sequence === shown.sequence.name);
  return shown && logged ? shown : null;
});

/** Neighbours among tokens of one modality, column by column. */
export interface NearestTokens {
  modality: Modality;
  columns: NeighbourColumn[];
}

export interface NearestShown {
  over: "layers" | "steps";
  /** Its own modality first. */
  groups: NearestTokens[];
}

export const nearestOf = perSide((side) =>
  resource((): Query<NearestShown> | null | undefined => {
    if (!inSight.value) return undefined;
    const asked = askedToken.value;
    const place = placeOf[side].value;
    const manifest = manifestOf[side].value.value;
    if (!asked || !place || !manifest || manifest.tag !== place.tag) return null;
    const own = findSequence(manifest, asked.sequence.name);
    const modality = own?.modality[asked.token];
    if (!own || modality === undefined) return null;
    const wanted = [...new Set<Modality>([modality, "text", "image"])];
    const groups = wanted.map((kind) => groupOf(place, own.name, asked.token, kind));
    const over = neighbourColumns.value;
    const { key, run } = together(`nearest ${over} ${groups.map((one) => one.key).join()}`, groups);
    return { key, run: async (signal) => ({ over, groups: await run(signal) }) };
  }),
);

/** The steps that have a column. */
export function columnSteps(steps: readonly number[], step: number): number[] {
  return evenly(steps, MOST_COLUMNS, step);
}

function groupOf(place: api.Place, name: string, token: number, modality: Modality): Query<NearestTokens> {
  const once = everyWord.value ? {} : ({ distinct: 1 } as const);
  const filter = { count: Number(nearestCount.value), metric: metric.value, modality, ...once };
  if (neighbourColumns.value === "layers") {
    const { key, run } = api.neighbours(place, name, token, filter, version.value);
    return {
      key: `column ${key}`,
      run: async (signal) => ({
        modality,
        columns: (await run(signal)).map(({ layer, neighbours }) => ({ number: layer, neighbours })),
      }),
    };
  }
  const layer = shownDepth.value ?? 0;
  const logged = (exampleOf.a.value?.tag === place.tag && runOf.a.value === place.run ? exampleOf.a : exampleOf.b).value;
  const steps = columnSteps(logged?.steps ?? [place.step], place.step);
  const queries = steps.map((step) => api.neighbours({ ...place, step }, name, token, { ...filter, layer }, version.value));
  const { key, run } = together(`columns ${queries.map((one) => one.key).join()}`, queries);
  return {
    key,
    run: async (signal) => {
      const answers = await run(signal);
      return { modality, columns: answers.map(([{ neighbours }], index) => ({ number: steps[index], neighbours })) };
    },
  };
}

type Checkpoint = readonly [string, number];

/** What is compared: A with B, or where there is no B the first step of the run with the one shown. */
export const churnEnds = computed<{ before: Checkpoint; after: Checkpoint; sides: boolean } | null>(() => {
  const [a, b] = [checkpointOf("a"), checkpointOf("b")];
  if (visibleSides.value.length > 1) return a && b ? { before: a, after: b, sides: true } : null;
  const side = visibleSides.value[0];
  const shown = side === "a" ? a : b;
  const first = exampleOf[side].value?.steps[0];
  return shown && first !== undefined ? { before: [shown[0], first], after: shown, sides: false } : null;
});

export const churn = resource(() => {
  if (!inSight.value || neighbourhoods.value !== "churn") return undefined;
  const [ends, asked] = [churnEnds.value, neighbourhoodsAsked()];
  if (!ends || !asked || ends.before.join() === ends.after.join()) return null;
  const tag = changedOf.value === "example" ? (placeOf[visibleSides.value[0]].value?.tag ?? null) : null;
  return api.churn(ends.before, ends.after, asked, tag, version.value);
});

export const churnHistoryOf = perSide((side) =>
  resource(() => {
    if (!inSight.value || neighbourhoods.value !== "churn" || !visibleSides.value.includes(side)) return undefined;
    const [run, asked] = [runOf[side].value, neighbourhoodsAsked()];
    return run !== null && asked ? api.churnHistory(run, asked, version.value) : null;
  }),
);

export const hubsOf = perSide((side) =>
  resource(() => {
    if (!inSight.value || neighbourhoods.value !== "hubs" || !visibleSides.value.includes(side)) return undefined;
    const [checkpoint, asked] = [checkpointOf(side), neighbourhoodsAsked()];
    return checkpoint && asked ? api.hubness(checkpoint, asked, version.value) : null;
  }),
);

function checkpointOf(side: "a" | "b"): Checkpoint | null {
  const [run, step] = [runOf[side].value, stepOf[side].value];
  return run !== null && step !== null ? [run, step] : null;
}

function neighbourhoodsAsked(): api.NeighbourhoodsAsked | null {
  if (shownDepth.value === null) return null;
  const of = askedToken.value ? { sequence: askedToken.value.sequence.name } : {};
  return { layer: shownDepth.value, metric: metric.value, count: Number(nearestCount.value), ...of };
}
