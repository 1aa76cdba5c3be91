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
  let best = -1;
  let least = reach * reach;
  let bestDepth = Infinity;
  let bestState: number = POINT.NORMAL;
  const touching = touch * touch;
  eachPlace(points, view, (point, px, py, w) => {
    const square = (px - x) * (px - x) + (py - y) * (py - y);
    // Also false for NaN.
    if (!(square <= reach * reach)) return;
    const standsOut = states[point] === POINT.EMPHASISED;
    if (bestState === POINT.EMPHASISED && !standsOut) return;
    const depth = space && square <= touching ? w : Infinity;
    const better =
      best < 0 || (standsOut && bestState !== POINT.EMPHASISED) || depth < bestDepth || (depth === bestDepth && square < least);
    if (!better) return;
    best = point;
    least = square;
    bestDepth = depth;
    bestState = standsOut ? POINT.EMPHASISED : POINT.NORMAL;
  });
  return best;
}

/** Where every point that is not hidden lies: pixels from the top left, and w. */
export function eachPlace(
  points: ScatterPoints,
  { matrix, width, height }: Viewed,
  visit: (point: number, x: number, y: number, w: number) => void,
): void {
  const { positions, components, axes, states } = points;
  const [first, second, third] = axes;
  const [halfWidth, halfHeight] = [0.5 * width, 0.5 * height];
  const [x0, x1, x2, x3] = row(matrix, 0);
  const [y0, y1, y2, y3] = row(matrix, 1);
  const [w0, w1, w2, w3] = row(matrix, 3);
  const space = axes.length > 2;
  for (let point = 0, place = 0; point < states.length; point++, place += components) {
    if (states[point] === POINT.HIDDEN) continue;
    const [x, y] = [positions[place + first], positions[place + second]];
    if (!space) {
      visit(point, halfWidth * (1 + x0 * x + x1 * y + x3), halfHeight * (1 - y0 * x - y1 * y - y3), 1);
      continue;
    }
    const z = positions[place + third];
    const w = w0 * x + w1 * y + w2 * z + w3;
    if (!(w > NEAREST)) continue;
    const toX = halfWidth * (1 + (x0 * x + x1 * y + x2 * z + x3) / w);
    visit(point, toX, halfHeight * (1 - (y0 * x + y1 * y + y2 * z + y3) / w), w);
  }
}

function row(matrix: Matrix, index: number): [number, number, number, number] {
  return [matrix[index], matrix[index + 4], matrix[index + 8], matrix[index + 12]];
}
