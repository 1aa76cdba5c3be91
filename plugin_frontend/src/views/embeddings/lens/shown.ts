/** What the logit lens shows of the selection. */

import { lensOf } from "../../../data";
import { findSequence, nearest } from "../../../lib/blocks";
import type { ColourTable } from "../../../lib/colour";
import { reversed } from "../../../lib/colour";
import { overlayTable, wordTable } from "../../../comparison";
import { formatToken } from "../../../lib/format";
import { firstPlace, lensChange, lensScale, lensValues, sameCells, type Lens } from "../../../lib/logit_lens";
import type { Scale } from "../../../lib/scale";
import type { LensColour, Side } from "../../../lib/selection";
import type { Manifest, TokenSequence } from "../../../schema";
import { selection, visibleSides } from "../../../state";

export interface LensSide {
  side: Side;
  manifest: Manifest;
  lens: Lens;
  /** The checkpoint that is subtracted, of a difference. */
  before: Lens | null;
  sequence: TokenSequence;
  /** (layers, positions): what the colours say. */
  values: Float32Array;
}

export interface LensShown {
  sides: LensSide[];
  colour: LensColour;
  scale: Scale;
  difference: boolean;
  /** Index of the layer among those of the first side. */
  layer: number;
  /** Place of the chosen token among the positions. */
  place: number;
}

/** Why two lenses can't be subtracted. */
export const OTHER_CELLS = "The lens of A and that of B read different tokens or layers: they can’t be subtracted.";

/** Null while nothing is loaded, or where nothing was logged. */
export function shownLens(): LensShown | null {
  const { mode, depth, tokens, lensColour } = selection.value;
  const difference = mode === "difference";
  const loaded = visibleSides.value.flatMap((side) => {
    const frame = lensOf[side].value.value;
    const lens = frame?.lenses.find(({ sequence }) => sequence === selection.value.sequence) ?? frame?.lenses[0];
    const sequence = frame && lens && findSequence(frame.manifest, lens.sequence);
    return frame && lens && sequence ? [{ side, manifest: frame.manifest, lens, sequence }] : [];
  });
  if (loaded.length === 0) return null;
  const colour = loaded.every(({ lens }) => lens.answer) || lensColour === "depth" ? lensColour : "probability";
  const [first, second] = loaded;
  const subtracted = difference && second && sameCells(first.lens, second.lens);
  const sides = subtracted
    ? [{ ...second, before: first.lens, values: lensChange(first.lens, second.lens, colour) }]
    : loaded.map((one) => ({ ...one, before: null, values: lensValues(one.lens, colour) }));
  const { lens, sequence } = sides[0];
  const chosen = selection.value.sequence === lens.sequence ? lens.positions.indexOf(tokens[0]) : -1;
  return {
    sides,
    colour,
    difference,
    scale: lensScale(sides.map(({ values }) => values), colour, lens.layers, Boolean(subtracted)),
    layer: lens.layers.indexOf(depth === null ? lens.layers[lens.layers.length - 1] : nearest(lens.layers, depth)),
    place: chosen >= 0 ? chosen : firstPlace(lens, sequence.modality),
  };
}

/** Whether words and patches were read. */
export function hasBoth({ lens, sequence }: LensSide): boolean {
  const patches = lens.positions.filter((position) => sequence.modality[position] === "image").length;
  return patches > 0 && patches < lens.positions.length;
}

/** The answers that the lenses follow, each once. */
export function answersSaid(lenses: readonly (Lens | null)[]): string {
  const said = lenses.flatMap((lens) => (lens?.answer ? [`“${formatToken(lens.answer.text)}”`] : []));
  return [...new Set(said)].join(" and ");
}

/** The colours of the table, or of the image. Of ranks the first is the strongest colour. */
export function lensTable({ scale, colour }: LensShown, of: "words" | "pictures"): ColourTable {
  const table = of === "words" ? wordTable(scale.diverging) : overlayTable(scale.diverging);
  const early = (colour === "rank" || colour === "depth") && !scale.diverging;
  return early ? turned(table) : table;
}

const turnedTables = new WeakMap<ColourTable, ColourTable>();

function turned(table: ColourTable): ColourTable {
  if (!turnedTables.has(table)) turnedTables.set(table, reversed(table));
  return turnedTables.get(table)!;
}
