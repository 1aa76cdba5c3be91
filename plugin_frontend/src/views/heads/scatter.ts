/** Heads of all blocks as points of two statistics. */

import type { HeadPoint } from "../../elements/HeadScatter";
import type { StatisticsFrame } from "../../frames";
import { colourAt, css, viridis } from "../../lib/colour";
import { SHAPES, type Pixel, type Shape } from "../../lib/head_marks";
import { headKey } from "../../lib/heads";
import { range, sequentialScale } from "../../lib/scale";
import { seriesOf } from "../../lib/series";
import type { TINTS } from "../../lib/selection";
import type { Statistic } from "../../schema";
import { headValues } from "./statistics";

export type Tint = (typeof TINTS)[number];

/** A head and where it lies; NaN where a statistic is not defined for it. */
export interface PlacedHead {
  key: string;
  block: string;
  layer: number;
  head: number;
  place: Pixel;
  /** In A, where `place` is that in B. */
  from?: Pixel;
}

/** What to set against each other unless the user says otherwise. */
const ACROSS = ["entropy"];
const UP = ["mass_text_to_image", "target_share", "hoyer", "max_weight"];

/** Every head of every block. */
export function placedHeads(frame: StatisticsFrame, across: string, up: string): PlacedHead[] {
  return frame.manifest.attention.flatMap(({ name, layers, heads }) => {
    const [x, y] = [across, up].map((statistic) => headValues(frame, name, statistic)?.values);
    return layers.flatMap((layer, line) =>
      Array.from({ length: heads }, (_, head): PlacedHead => {
        const cell = line * heads + head;
        return { key: headKey(name, { layer, head }), block: name, layer, head, place: [x?.[cell] ?? NaN, y?.[cell] ?? NaN] };
      }),
    );
  });
}

/** The heads of `b` with where they were in `a`; those that `a` lacks are left out. */
export function movedHeads(a: readonly PlacedHead[], b: readonly PlacedHead[]): PlacedHead[] {
  const before = new Map(a.map((head) => [head.key, head.place]));
  return b.flatMap((head) => {
    const from = before.get(head.key);
    return from ? [{ ...head, from }] : [];
  });
}

/** Those that can be drawn: both statistics are defined, before as well. */
export function drawable(heads: readonly PlacedHead[]): PlacedHead[] {
  const defined = ([x, y]: Pixel) => !Number.isNaN(x) && !Number.isNaN(y);
  return heads.filter(({ place, from }) => defined(place) && (!from || defined(from)));
}

/** The names of the blocks that have heads, but none to be drawn. */
export function blocksWithout(heads: readonly PlacedHead[], drawn: readonly PlacedHead[]): string[] {
  const shown = new Set(drawn.map(({ block }) => block));
  return [...new Set(heads.map(({ block }) => block))].filter((block) => !shown.has(block));
}

/** The axes of all plots, with a little room around the points. */
export function extentOf(heads: readonly PlacedHead[]): { x: [number, number]; y: [number, number] } {
  const axis = (index: 0 | 1): [number, number] => {
    const values = heads.flatMap(({ place, from }) => (from ? [place[index], from[index]] : [place[index]]));
    const { low, high } = sequentialScale([values]);
    const room = 0.04 * (high - low);
    return [low - room, high + room];
  };
  return { x: axis(0), y: axis(1) };
}

/** The two statistics shown: those chosen, else the first telling ones that most heads have. */
export function axesShown(
  frame: StatisticsFrame,
  offered: readonly Statistic[],
  across: string | null,
  up: string | null,
): [Statistic, Statistic] | null {
  const named = (name: string | null) => offered.find((statistic) => statistic.name === name);
  const telling = (names: readonly string[], other: Statistic | undefined) => {
    const ranked = [...names.flatMap((name) => named(name) ?? []), ...offered].filter((one) => one !== other);
    return ranked.find(({ name }) => differs(frame, name, other?.name ?? name)) ?? ranked[0];
  };
  const x = named(across) ?? telling(ACROSS, named(up));
  const y = named(up) ?? (x && telling(UP, x));
  return x && y ? [x, y] : null;
}

/** How the points look: by layer from dark to light, or a colour per block; each block has a shape. */
export function looks(blocks: readonly string[], layers: readonly [number, number], tint: Tint) {
  const series = seriesOf(blocks);
  const [first, last] = layers;
  const shapeOf = (block: string): Shape => SHAPES[blocks.indexOf(block) % SHAPES.length];
  const colourOf = ({ block, layer }: Pick<PlacedHead, "block" | "layer">): string =>
    tint === "block" ? series.get(block)!.colour : css(colourAt(viridis, last > first ? (layer - first) / (last - first) : 0.5));
  return { shapeOf, colourOf };
}

export function toPoint(head: PlacedHead, { shapeOf, colourOf }: ReturnType<typeof looks>): HeadPoint {
  const { key, block, place, from } = head;
  return { key, x: place[0], y: place[1], from, colour: colourOf(head), shape: shapeOf(block) };
}

/** Whether a statistic tells heads apart, and at least half of them have it and the other one. */
function differs(frame: StatisticsFrame, name: string, other: string): boolean {
  const all = placedHeads(frame, name, other);
  const both = drawable(all).map(({ place }) => place[0]);
  const [low, high] = range(both) ?? [0, 0];
  return 2 * both.length >= all.length && high - low > 0.001 * Math.abs(high);
}
