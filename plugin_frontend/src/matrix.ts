/** The whole matrix of the selected head. Finer tiles are loaded as they come into sight. */

import { computed } from "@preact/signals";
import * as api from "./api";
import { perSide, placeOf } from "./catalogue";
import { findSequence, headsOf, layersOf } from "./lib/blocks";
import type { AttentionChoice, Head } from "./lib/selection";
import { overviewAddress, type MatrixShape } from "./lib/tiles";
import { load, peek, type Query } from "./loading";
import { resource } from "./resource";
import type { AttentionBlock, Manifest, MatrixTile, TokenSequence } from "./schema";
import { field, selection } from "./state";

export interface MatrixSource {
  block: AttentionBlock;
  layer: number;
  head: Head;
  queries: TokenSequence;
  keys: TokenSequence;
  shape: MatrixShape;
  /** Why there are no weights, or null. */
  missing: string | null;
  /** The tile that covers all of it. */
  overview: MatrixTile | null;
}

export interface MatrixFrame {
  manifest: Manifest;
  place: api.Place;
  /** Null where the example has no attention. */
  source: MatrixSource | null;
}

const view = field("view");
const layout = field("layout");
const block = field("block");

export const matrixInSight = computed(() => view.value === "attention" && layout.value === "matrix");

export const matrixOf = perSide((side) =>
  resource(() => {
    const place = placeOf[side].value;
    if (!place) return null;
    if (!matrixInSight.value || block.value === null) return undefined;
    return matrixFrame(place, selection.value);
  }),
);

/** As much of the head's matrix as one tile can show; of a set of heads, the first's. */
export function matrixFrame(place: api.Place, selection: AttentionChoice): Query<MatrixFrame> {
  const { block: name, layer: one, head: alone, headSet, layerSet } = selection;
  return {
    key: `matrix ${JSON.stringify([place.run, place.tag, place.step, name, one, alone, headSet, layerSet])}`,
    run: async (signal) => {
      const manifest = peek(api.manifest(place)) ?? (await load(api.manifest(place), signal));
      const block = manifest.attention.find((candidate) => candidate.name === name) ?? manifest.attention[0];
      if (!block) return { manifest, place, source: null };
      const [layer] = layersOf({ layer: one, layerSet }, block);
      const heads = headsOf({ head: alone, headSet }, block);
      const head = heads === "mean" ? heads : heads[0];
      const [queries, keys] = [findSequence(manifest, block.query)!, findSequence(manifest, block.key)!];
      const shape = { queries: queries.tokens.length, keys: keys.tokens.length };
      const missing = onlyStatistics(block, layer, head);
      const query = api.matrixTile(place, block.name, layer, head, overviewAddress(shape));
      const overview = missing === null ? await load(query, signal) : null;
      return { manifest, place, source: { block, layer, head, queries, keys, shape, missing, overview } };
    },
  };
}

function onlyStatistics(block: AttentionBlock, layer: number, head: Head): string | null {
  if (!block.weight_layers.includes(layer)) return `Of layer ${layer} only the statistics were logged.`;
  const kept = head === "mean" || block.weight_heads.includes(head);
  return kept ? null : `Of head ${head} only the statistics were logged.`;
}
