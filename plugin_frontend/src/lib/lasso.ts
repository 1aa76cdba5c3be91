/** Which points lie within a line drawn around them. */

import { eachPlace, type Viewed } from "./picking";
import type { Combination, ScatterPoints } from "./scatter";

export type Pixel = readonly [number, number];

/** The four corners of the rectangle between two opposite ones. */
export function rectangle([left, top]: Pixel, [right, bottom]: Pixel): Pixel[] {
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ];
}

/** The points that are shown within a closed line, ascending; where it crosses itself by the even-odd rule. */
export function pointsWithin(points: ScatterPoints, view: Viewed, line: readonly Pixel[]): Uint32Array {
  const inside = insideTest(line, view.height);
  const found = new Uint32Array(points.states.length);
  let count = 0;
  eachPlace(points, view, (point, x, y) => {
    if (inside(x, y)) found[count++] = point;
  });
  return found.slice(0, count);
}

/**
 * Whether a pixel lies within a closed line. Edges are kept by the rows of pixels they pass, so that a point
 * meets the few edges of its row instead of all.
 */
export function insideTest(line: readonly Pixel[], height: number): (x: number, y: number) => boolean {
  const rows: number[][] = Array.from({ length: Math.max(1, Math.ceil(height)) }, () => []);
  line.forEach(([x0, y0], index) => {
    const [x1, y1] = line[(index + 1) % line.length];
    const first = Math.max(0, Math.floor(Math.min(y0, y1)));
    const last = Math.min(rows.length - 1, Math.floor(Math.max(y0, y1)));
    for (let row = first; row <= last; row++) rows[row].push(x0, y0, x1, y1);
  });
  return (x, y) => {
    // Also false for NaN.
    if (!(y >= 0 && y < rows.length)) return false;
    const edges = rows[Math.floor(y)];
    let inside = false;
    for (let edge = 0; edge < edges.length; edge += 4) {
      const [x0, y0, x1, y1] = [edges[edge], edges[edge + 1], edges[edge + 2], edges[edge + 3]];
      if (y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) inside = !inside;
    }
    return inside;
  };
}

/** A selection after another one; both ascending. */
export function combined(before: Uint32Array, chosen: Uint32Array, how: Combination): Uint32Array {
  if (how === "replace") return chosen;
  const taken = new Set(chosen);
  if (how === "remove") return before.filter((point) => !taken.has(point));
  for (const point of before) taken.add(point);
  return Uint32Array.from(taken).sort();
}
