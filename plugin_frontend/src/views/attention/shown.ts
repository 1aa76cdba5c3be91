/** The attention that the page shows: one or two sides, or their difference, on common scales. */

import { obstacle, overlayTable, wordTable } from "../../comparison";
import { perSide } from "../../catalogue";
import { attentionOf } from "../../data";
import type { AttentionFrame } from "../../frames";
import type { ColourTable } from "../../lib/colour";
import { readingScale } from "../../lib/readings";
import type { Scale } from "../../lib/scale";
import type { Side } from "../../lib/selection";
import { selection, visibleSides } from "../../state";
import { readings, readingsDifference, type Readings } from "./readings";

export interface SideShown {
  side: Side | "both";
  run: string;
  frame: AttentionFrame;
  readings: Readings;
}

export interface AttentionShown {
  sides: SideShown[];
  imageScale: Scale;
  wordScale: Scale;
  imageTable: ColourTable;
  wordTable: ColourTable;
  asDifference: boolean;
  /** Why there is nothing to show, or null. */
  obstacle: string | null;
}

/** The chosen token's attention in the chosen head. */
export function shownAttention(): AttentionShown {
  return shownFrames([perSide((side) => attentionOf[side].value.value)])[0];
}

/** Several frames per side, each as what is shown of it, all on common scales. */
export function shownFrames(framesOf: Record<Side, AttentionFrame | null>[]): AttentionShown[] {
  const asDifference = selection.value.mode === "difference";
  const all = framesOf.map((frames) => {
    const loaded = visibleSides.value.flatMap((side): SideShown[] => {
      const frame = frames[side];
      return frame ? [{ side, run: frame.manifest.run, frame, readings: readings(frame) }] : [];
    });
    return !asDifference ? loaded : obstacle.value === null ? subtracted(loaded) : [];
  });
  const imageScale = readingScale(all.flat().map((side) => side.readings.image), asDifference);
  const wordScale = readingScale(all.flat().map((side) => side.readings.words), asDifference);
  const colours = { imageTable: overlayTable(asDifference), wordTable: wordTable(asDifference) };
  return all.map((sides) => {
    const unlogged = sides.some(({ frame }) => !frame.plan) ? "No attention was logged for this example." : null;
    return { sides, imageScale, wordScale, ...colours, asDifference, obstacle: obstacle.value ?? unlogged };
  });
}

function subtracted(loaded: readonly SideShown[]): SideShown[] {
  const [a, b] = loaded;
  // While the next example loads, one side may be ahead of the other.
  if (!b || a.frame.manifest.tag !== b.frame.manifest.tag) return [];
  return [{ ...b, side: "both", readings: readingsDifference(b.readings, a.readings) }];
}
