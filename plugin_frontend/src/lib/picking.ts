/** Which point lies under the pointer. */

import { NEAREST, type Matrix } from "./camera";
import { POINT, type ScatterPoints } from "./scatter";

export interface Viewed {
  matrix: Matrix;
  /** Of the plot, in pixels. */
  width: number;
  height: number;
}

/**
 * The point nearest to a pixel and within reach, or -1. Points that stand out win; in a space, of points that
 * lie under the pointer (within `touch` pixels) the front-most.
 */
export function nearestPoint(points: ScatterPoints, view: Viewed, x: number, y: number, reach: number, touch: number): number {
  const { states } = points;
  const space = points.axes.length > 2;
  const [reaching, touching] = [reach * reach, touch * touch];
  let best = -1;
  let least = Infinity;
  let bestDepth = Infinity;
  let bestStandsOut = false;
  for (const { first, count, xs, ys, ws } of placesOf(points, view)) {
    for (let index = 0; index < count; index++) {
      const dx = xs[index] - x;
      const dy = ys[index] - y;
      const square = dx * dx + dy * dy;
      // Also false for NaN.
      if (!(square <= reaching)) continue;
      const standsOut = states[first + index] === POINT.EMPHASISED;
      if (bestStandsOut && !standsOut) continue;
      const depth = space && square <= touching ? ws[index] : Infinity;
      const better = best < 0 || standsOut !== bestStandsOut || depth < bestDepth || (depth === bestDepth && square < least);
      if (better) [best, least, bestDepth, bestStandsOut] = [first + index, square, depth, standsOut];
    }
  }
  return best;
}

/** Where consecutive points lie, from number `first` on. */
export interface Places {
  first: number;
  count: number;
  /** Pixels from the top left; NaN for points that are hidden, not defined or behind the viewer. */
  xs: Float64Array;
  ys: Float64Array;
  /** Distance from the viewer, 1 in the middle of the view. */
  ws: Float64Array;
}

/** Points at once: a call per point costs more than its arithmetic, and so do short-lived arrays. */
const BLOCK = 4096;

/** Where all points lie, block after block; the arrays are overwritten by the next. */
export function* placesOf(points: ScatterPoints, view: Viewed): Generator<Places> {
  const [xs, ys, ws] = [new Float64Array(BLOCK), new Float64Array(BLOCK), new Float64Array(BLOCK)];
  for (let first = 0; first < points.states.length; first += BLOCK) {
    const places = { first, count: Math.min(BLOCK, points.states.length - first), xs, ys, ws };
    if (points.axes.length > 2) projectSpace(points, view, places);
    else projectPlane(points, view, places);
    yield places;
  }
}

function projectPlane({ positions, components, axes, states }: ScatterPoints, view: Viewed, { first, count, xs, ys, ws }: Places): void {
  const [across, up] = [axes[0], axes[1]];
  const [halfWidth, halfHeight] = [0.5 * view.width, 0.5 * view.height];
  const [x0, x1, , x3] = row(view.matrix, 0);
  const [y0, y1, , y3] = row(view.matrix, 1);
  for (let index = 0; index < count; index++) {
    const place = components * (first + index);
    const x = positions[place + across];
    const y = positions[place + up];
    const shown = states[first + index] !== POINT.HIDDEN;
    xs[index] = shown ? halfWidth * (1 + x0 * x + x1 * y + x3) : NaN;
    ys[index] = halfHeight * (1 - y0 * x - y1 * y - y3);
    ws[index] = 1;
  }
}

function projectSpace({ positions, components, axes, states }: ScatterPoints, view: Viewed, { first, count, xs, ys, ws }: Places): void {
  const [axis0, axis1, axis2] = [axes[0], axes[1], axes[2]];
  const [halfWidth, halfHeight] = [0.5 * view.width, 0.5 * view.height];
  const [x0, x1, x2, x3] = row(view.matrix, 0);
  const [y0, y1, y2, y3] = row(view.matrix, 1);
  const [w0, w1, w2, w3] = row(view.matrix, 3);
  for (let index = 0; index < count; index++) {
    const place = components * (first + index);
    const x = positions[place + axis0];
    const y = positions[place + axis1];
    const z = positions[place + axis2];
    const w = w0 * x + w1 * y + w2 * z + w3;
    const shown = states[first + index] !== POINT.HIDDEN && w > NEAREST;
    xs[index] = shown ? halfWidth * (1 + (x0 * x + x1 * y + x2 * z + x3) / w) : NaN;
    ys[index] = halfHeight * (1 - (y0 * x + y1 * y + y2 * z + y3) / w);
    ws[index] = w;
  }
}

function row(matrix: Matrix, index: number): [number, number, number, number] {
  return [matrix[index], matrix[index + 4], matrix[index + 8], matrix[index + 12]];
}
