/** Weights of boxes as a picture: a coarse raster, and smooth values in between. */

import type { Box } from "../schema";

export interface Raster {
  columns: number;
  rows: number;
  /** Row by row from the top; NaN where no box lies. */
  values: Float32Array;
}

const FINEST = 64;
/** Boxes come with five decimals: how far off a cell's edge one may lie, in cells. */
const ON_GRID_WITHIN = 0.01;

/** One cell per smallest box: exact for grids, close for other layouts. Overlaps take the maximum. */
export function rasterise(boxes: readonly (Box | null)[], weights: ArrayLike<number>): Raster {
  let width = 1;
  let height = 1;
  for (const box of boxes) {
    if (!box) continue;
    width = Math.min(width, box[2] - box[0]);
    height = Math.min(height, box[3] - box[1]);
  }
  const columns = cellCount(width);
  const rows = cellCount(height);
  const values = new Float32Array(columns * rows).fill(NaN);
  boxes.forEach((box, index) => {
    const weight = weights[index];
    if (!box || Number.isNaN(weight)) return;
    const [left, right] = cells(box[0], box[2], columns);
    const [top, bottom] = cells(box[1], box[3], rows);
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        const place = row * columns + column;
        if (!(values[place] > weight)) values[place] = weight;
      }
    }
  });
  return { columns, rows, values };
}

export interface Grid {
  columns: number;
  rows: number;
  /** Cell of each box, counted row by row; -1 for a token without one. */
  cells: Int32Array;
}

/** The grid whose cells the boxes are, one each; null where they are anything else. */
export function gridOf(boxes: readonly (Box | null)[]): Grid | null {
  const placed = boxes.filter((box) => box !== null);
  if (placed.length === 0) return null;
  const [[x0, y0, x1, y1]] = placed;
  const [columns, rows] = [Math.round(1 / (x1 - x0)), Math.round(1 / (y1 - y0))];
  const taken = new Set<number>();
  const cells = new Int32Array(boxes.length).fill(-1);
  for (const [index, box] of boxes.entries()) {
    if (!box) continue;
    const [left, top, right, bottom] = [box[0] * columns, box[1] * rows, box[2] * columns, box[3] * rows];
    const [column, row] = [Math.round(left), Math.round(top)];
    const off = Math.max(Math.abs(left - column), Math.abs(top - row), Math.abs(right - column - 1), Math.abs(bottom - row - 1));
    const cell = row * columns + column;
    if (off > ON_GRID_WITHIN || taken.has(cell)) return null;
    taken.add(cell);
    cells[index] = cell;
  }
  return { columns, rows, cells };
}

/** The value at a point (fractions of the image), bilinear between the centres of cells. */
export function interpolate({ columns, rows, values }: Raster, x: number, y: number): number {
  const column = Math.min(columns - 1, Math.max(0, x * columns - 0.5));
  const row = Math.min(rows - 1, Math.max(0, y * rows - 0.5));
  const [left, top] = [Math.floor(column), Math.floor(row)];
  let sum = 0;
  let total = 0;
  for (const [dx, dy] of CORNERS) {
    const share = Math.abs(1 - dx - (column - left)) * Math.abs(1 - dy - (row - top));
    if (share === 0) continue;
    const value = values[Math.min(rows - 1, top + dy) * columns + Math.min(columns - 1, left + dx)];
    if (Number.isNaN(value)) continue;
    sum += share * value;
    total += share;
  }
  return total >= 0.5 ? sum / total : NaN;
}

/** The smallest box around the point, or -1. */
export function boxAt(boxes: readonly (Box | null)[], x: number, y: number): number {
  let found = -1;
  let smallest = Infinity;
  boxes.forEach((box, index) => {
    if (!box || x < box[0] || x > box[2] || y < box[1] || y > box[3]) return;
    const area = (box[2] - box[0]) * (box[3] - box[1]);
    if (area >= smallest) return;
    smallest = area;
    found = index;
  });
  return found;
}

/** The nearest box in that direction (one step of x or y), itself where there is none. */
export function boxBeside(boxes: readonly (Box | null)[], from: number, [dx, dy]: readonly [number, number]): number {
  const start = boxes[from];
  if (!start) return boxes.findIndex((box) => box !== null);
  let best = from;
  let least = Infinity;
  boxes.forEach((box, index) => {
    if (!box || index === from) return;
    const [x, y] = [box[0] + box[2] - start[0] - start[2], box[1] + box[3] - start[1] - start[3]];
    const along = x * dx + y * dy;
    const aside = Math.abs(x * dy) + Math.abs(y * dx);
    // Straight on counts, what lies beside it only where nothing does.
    if (along <= 1e-6 || along + 3 * aside >= least) return;
    least = along + 3 * aside;
    best = index;
  });
  return best;
}

const CORNERS = [[0, 0], [1, 0], [0, 1], [1, 1]] as const;

function cellCount(size: number): number {
  return Math.min(FINEST, Math.max(1, Math.round(1 / size)));
}

function cells(from: number, to: number, count: number): [number, number] {
  const first = Math.min(count - 1, Math.round(from * count));
  return [first, Math.max(first + 1, Math.min(count, Math.round(to * count)))];
}
