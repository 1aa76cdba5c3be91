/** Several heads, or several examples, side by side: their frames, and how each is called. */

import { computed } from "@preact/signals";
import { exampleOf, examplesOf, listedExamples, perSide, placeOf } from "../../catalogue";
import { manifestOf } from "../../data";
import { attentionFrame, type AttentionFrame } from "../../frames";
import { headsOf } from "../../lib/blocks";
import { attentionChoice, type AttentionChoice, type Selection, type Side } from "../../lib/selection";
import { load, type Query } from "../../loading";
import { resource } from "../../resource";
import type { AttentionBlock } from "../../schema";
import { selection, visibleSides } from "../../state";

const MOST_HEADS = 6;
const MOST_SAMPLES = 4;

interface Item {
  caption: string;
  /** What of the selection is another one; the example, where that is. */
  change: Partial<AttentionChoice>;
  tag?: string;
}

/** The heads to stand side by side: those picked in the block, else those of the set. */
export function headsBeside(chosen: Selection, block: AttentionBlock): { layer: number; head: number }[] {
  const picked = chosen.picked.flatMap((text) => {
    const [, name, layer, head] = /^(.*):(\d+)\.(\d+)$/.exec(text) ?? [];
    return name === block.name ? [{ layer: Number(layer), head: Number(head) }] : [];
  });
  if (picked.length > 0) return picked.slice(0, MOST_HEADS);
  const heads = headsOf(chosen, block);
  const layers = chosen.layerSet.length > 0 ? chosen.layerSet : [chosen.layer ?? block.layers[0]];
  const all = layers.flatMap((layer) => (heads === "mean" ? [] : heads.map((head) => ({ layer, head }))));
  return all.slice(0, MOST_HEADS);
}

const items = computed<Item[]>(() => {
  const { beside, view } = selection.value;
  const front = visibleSides.value[0];
  if (view !== "attention" || beside === "sides") return [];
  if (beside === "samples") {
    const listed = listedExamples.value;
    const place = listed.findIndex(({ tag }) => tag === exampleOf[front].value?.tag);
    const shown = listed.slice(Math.max(0, place), Math.max(0, place) + MOST_SAMPLES);
    return shown.map(({ tag, text }) => ({ caption: text || tag, change: {}, tag }));
  }
  const block = manifestOf[front].value.value?.attention.find(({ name }) => name === selection.value.block);
  return (block ? headsBeside(selection.value, block) : []).map(({ layer, head }) => ({
    caption: `layer ${layer}, head ${head}`,
    change: { layer, head, headSet: [], layerSet: [] },
  }));
});

const framesOf = perSide((side) =>
  resource<(AttentionFrame | null)[]>(() => {
    const place = placeOf[side].value;
    if (items.value.length === 0 || !visibleSides.value.includes(side) || !place) return null;
    const queries = items.value.map(({ change, tag }) => {
      const steps = examplesOf[side].value.value?.examples.find((example) => example.tag === tag)?.steps;
      // An example that was not logged at this step has no frame: its place says so.
      const there = tag === undefined || steps?.includes(place.step);
      return there ? attentionFrame({ ...place, tag: tag ?? place.tag }, { ...attentionChoice(selection.value), ...change }) : null;
    });
    return all(queries);
  }),
);

function all(queries: (Query<AttentionFrame> | null)[]): Query<(AttentionFrame | null)[]> {
  return {
    key: `beside ${queries.map((query) => query?.key).join()}`,
    run: (signal) => Promise.all(queries.map((query) => query && load(query, signal))),
  };
}

export const besideLoading = computed(() => visibleSides.value.some((side) => framesOf[side].loading.value));
export const besideError = computed(() => visibleSides.value.map((side) => framesOf[side]).find(({ error }) => error.value));

export const besideOf = computed<{ frames: Record<Side, AttentionFrame | null>[]; captions: string[] }>(() => {
  const loaded = visibleSides.value.map((side) => framesOf[side].value.value?.length ?? 0);
  const count = Math.min(items.value.length, ...loaded);
  const frames = Array.from({ length: count }, (_, place) => perSide((side) => framesOf[side].value.value?.[place] ?? null));
  return { frames, captions: items.value.map(({ caption }) => caption) };
});
