/** Paints a matrix, one pixel per cell. */

import { colourAt, type ColourTable } from "../lib/colour";
import { position, type Scale } from "../lib/scale";

export interface Cells {
  rows: number;
  columns: number;
  /** Row by row; NaN leaves the cell open. */
  values: ArrayLike<number>;
  scale: Scale;
  table: ColourTable;
}

/** The canvas gets the size of the matrix. */
export function paintCells(canvas: HTMLCanvasElement, { rows, columns, values, scale, table }: Cells): void {
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  if (!context) return;
  const picture = context.createImageData(columns, rows);
  for (let cell = 0; cell < rows * columns; cell++) {
    const share = position(scale, values[cell]);
    if (Number.isNaN(share)) continue;
    picture.data.set(colourAt(table, share), 4 * cell);
    picture.data[4 * cell + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
}
