/** The attention that the page shows: one or two sides, or their difference, on common scales. */

import { computed } from "@preact/signals";
import { besideOf } from "./beside";
import { obstacle, overlayTable, wordTable } from "../../comparison";
import { perSide } from "../../catalogue";
import { attentionOf } from "../../data";
import type { AttentionFrame } from "../../frames";
import type { ColourTable } from "../../lib/colour";
import { readingScale } from "../../lib/readings";
import type { Scale } from "../../lib/scale";
import type { Side } from "../../lib/selection";
import { field, selection, visibleSides } from "../../state";
import { painted, readings, readingsDifference, type Readings } from "./readings";

export interface SideShown {
  side: Side | "both";
  run: string;
  frame: AttentionFrame;
  readings: Readings;
  /** The weights to paint: those of sinks may be left out. */
  imageWeights: Float32Array | null;
  wordWeights: Float32Array | null;
  /** What tells it from what stands beside it, where that is not the side. */
  caption?: string;
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

const scaling = field("scaling");
const mode = field("mode");

/** The chosen tokens' attention in the chosen head: computed once for all who show it. */
const alone = computed(() => shownFrames([perSide((side) => attentionOf[side].value.value)])[0]);

export function shownAttention(): AttentionShown {
  return alone.value;
}

/** What the Attention view shows: the sides, or several heads or examples of the side in front. */
export const shownBeside = computed<AttentionShown>(() => {
  const { frames, captions } = besideOf.value;
  if (selection.value.beside === "sides" || frames.length === 0) return alone.value;
  const all = shownFrames(frames);
  return {
    ...all[0],
    sides: all.flatMap(({ sides }, place) => sides.map((side) => ({ ...chosenOnly(side), caption: captions[place] }))),
    obstacle: all.find((shown) => shown.obstacle !== null)?.obstacle ?? null,
  };
});

/** Without what only fills in for the chosen block: there is little room, and it is the same for all heads. */
function chosenOnly(side: SideShown): SideShown {
  const { image, words } = side.readings;
  if (!image?.part?.chosen && !words?.part?.chosen) return side;
  const readings = {
    ...side.readings,
    image: image?.part?.chosen ? image : null,
    words: words?.part?.chosen ? words : null,
  };
  return { ...side, readings };
}

/** Several frames per side, each as what is shown of it, all on common scales. */
export function shownFrames(framesOf: Record<Side, AttentionFrame | null>[]): AttentionShown[] {
  const asDifference = mode.value === "difference";
  const all = framesOf.map((frames) => {
    const loaded = visibleSides.value.flatMap((side): Loaded[] => {
      const frame = frames[side];
      return frame ? [{ side, frame, readings: readings(frame) }] : [];
    });
    return !asDifference ? loaded : obstacle.value === null ? subtracted(loaded) : [];
  });
  const every = all.flat();
  const imageScale = readingScale(every.map(({ readings: { image } }) => image), asDifference, scaling.value);
  const wordScale = readingScale(every.map(({ readings: { words } }) => words), asDifference, scaling.value);
  const colours = { imageTable: overlayTable(asDifference), wordTable: wordTable(asDifference) };
  return all.map((loaded) => {
    const unlogged = loaded.some(({ frame }) => !frame.plan) ? "No attention was logged for this example." : null;
    const sides = loaded.map((side) => ({
      ...side,
      run: side.frame.manifest.run,
      imageWeights: side.readings.image && painted(side.readings.image),
      wordWeights: side.readings.words && painted(side.readings.words),
    }));
    return { sides, imageScale, wordScale, ...colours, asDifference, obstacle: obstacle.value ?? unlogged };
  });
}

type Loaded = Pick<SideShown, "side" | "frame" | "readings">;

function subtracted(loaded: readonly Loaded[]): Loaded[] {
  const [a, b] = loaded;
  // While the next example loads, one side may be ahead of the other.
  if (!b || a.frame.manifest.tag !== b.frame.manifest.tag) return [];
  return [{ ...b, side: "both", readings: readingsDifference(b.readings, a.readings) }];
}
