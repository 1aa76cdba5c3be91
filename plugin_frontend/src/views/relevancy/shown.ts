/** The maps that the page shows: of each method on one or two sides, or their difference. */

import { perSide } from "../../catalogue";
import { obstacle, overlayTable, wordTable } from "../../comparison";
import type { LoadedMap, RelevancyFrame } from "../../frames";
import type { ColourTable } from "../../lib/colour";
import { difference } from "../../lib/difference";
import { formatStep } from "../../lib/format";
import { findMap, sharesOf, type Explained, type Method } from "../../lib/maps";
import { hasBoxes, hasWords, placedTokens, readingScale, writtenTokens, type TokenWeights } from "../../lib/readings";
import type { Scale } from "../../lib/scale";
import type { Side } from "../../lib/selection";
import { explainedShown, methodsShown, relevancyOf } from "../../relevancy";
import type { Manifest } from "../../schema";
import { selection, visibleSides } from "../../state";

/** The method's map on one side. */
export interface SideShown {
  side: Side | "both";
  manifest: Manifest;
  /** What the map explains: of a difference, on both sides. */
  explains: Explained[];
  pictures: TokenWeights[];
  words: TokenWeights[];
  /** Why there is no map, or null. */
  missing: string | null;
}

export interface MethodShown {
  method: Method;
  sides: SideShown[];
  pictureScale: Scale;
  wordScale: Scale;
}

export interface RelevancyShown {
  methods: MethodShown[];
  asDifference: boolean;
  obstacle: string | null;
}

type Scores = ReadonlyMap<string, Float32Array>;
type Frames = Record<Side, RelevancyFrame | null>;

export function shownRelevancy(): RelevancyShown {
  const frames = perSide((side) => relevancyOf[side].value.value);
  const asDifference = selection.value.mode === "difference";
  const methods = methodsShown.value.map((method) =>
    methodShown(method, explainedShown.value, frames, visibleSides.value, asDifference),
  );
  const shown = asDifference && obstacle.value !== null ? [] : methods.filter(({ sides }) => sides.length > 0);
  return { methods: shown, asDifference, obstacle: obstacle.value };
}

/** One method on all sides, or as a difference, with one scale for all of them. */
export function methodShown(
  method: Method,
  wanted: Explained | null,
  frames: Frames,
  visible: readonly Side[],
  asDifference: boolean,
): MethodShown {
  const found = visible.flatMap((side) => {
    const frame = frames[side];
    return frame ? [{ side, frame, map: findMap(frame.maps, method.name, wanted) }] : [];
  });
  const sides = asDifference
    ? subtracted(method, found)
    : found.map(({ side, frame, map }) => ({
        side,
        manifest: frame.manifest,
        explains: map ? [map] : [],
        ...readings(frame.manifest, map?.scores ?? new Map()),
        missing: map ? null : lacking(method, frame.manifest),
      }));
  const scaleOf = (shown: TokenWeights[]) => readingScale(shown, asDifference || hasNegative(shown));
  return {
    method,
    sides,
    pictureScale: scaleOf(sides.flatMap(({ pictures }) => pictures)),
    wordScale: scaleOf(sides.flatMap(({ words }) => words)),
  };
}

/** The colours of a scale over images or behind words. */
export function tableOf(scale: Scale, on: "pictures" | "words"): ColourTable {
  return on === "pictures" ? overlayTable(scale.diverging) : wordTable(scale.diverging);
}

interface Found {
  side: Side;
  frame: RelevancyFrame;
  map: LoadedMap | null;
}

function subtracted(method: Method, found: readonly Found[]): SideShown[] {
  const [a, b] = found;
  // While the next example loads, one side may be ahead of the other.
  if (!b || a.frame.manifest.tag !== b.frame.manifest.tag) return [];
  const explains = found.flatMap(({ map }) => map ?? []);
  const absent = found.filter(({ map }) => !map).map(({ frame }) => lacking(method, frame.manifest));
  const [before, after] = [sharesOf(a.map?.scores ?? new Map()), sharesOf(b.map?.scores ?? new Map())];
  const scores: Scores = new Map(
    [...after].flatMap(([name, values]) => {
      const earlier = before.get(name);
      return earlier?.length === values.length ? [[name, difference(values, earlier)] as const] : [];
    }),
  );
  const { manifest } = b.frame;
  return [{ side: "both", manifest, explains, ...readings(manifest, scores), missing: absent[0] ?? null }];
}

function lacking({ title }: Method, { run, step }: Manifest): string {
  return `${title} was not logged at step ${formatStep(step)} of ${run}.`;
}

/** What the scores say of image tokens and of words, sequence by sequence. */
function readings(manifest: Manifest, scores: Scores): Pick<SideShown, "pictures" | "words"> {
  const scored = manifest.sequences.filter(({ name }) => scores.has(name));
  const reading = (positionsOf: typeof placedTokens) => (sequence: (typeof scored)[number]) => ({
    sequence,
    positions: positionsOf(sequence),
    weights: scores.get(sequence.name)!,
  });
  return {
    pictures: scored.filter(hasBoxes).map(reading(placedTokens)),
    words: scored.filter((sequence) => hasWords(sequence) || !hasBoxes(sequence)).map(reading(writtenTokens)),
  };
}

function hasNegative(shown: readonly TokenWeights[]): boolean {
  return shown.some(({ positions, weights }) => positions.some((index) => weights![index] < 0));
}
