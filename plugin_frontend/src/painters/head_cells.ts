/** Paints the colours of a matrix of heads: one picture, for a thousand styles would take the browser longer. */

import { colourAt, css, TABLE_SIZE, type ColourTable } from "../lib/colour";

/** From where to where, in pixels of the canvas. */
export type Stretch = readonly [from: number, to: number];

export interface HeadCells {
  rows: readonly Stretch[];
  columns: readonly Stretch[];
  /** Row by row: a position in the table, NaN where a value is not defined, `OPEN` for no colour. */
  shades: Float32Array;
  /** Row by row, in 0..1. */
  opacities: Float32Array;
  table: ColourTable;
}

export const OPEN = -1;

const HATCH_SPACING = 5.6;

/** `ratio`: pixels of the canvas per pixel of the page. */
export function paintHeadCells(canvas: HTMLCanvasElement, cells: HeadCells, ratio: number): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  context.clearRect(0, 0, canvas.width, canvas.height);
  const { rows, columns, shades, opacities, table } = cells;
  const place = (cell: number): [number, number, number, number] => {
    const [top, bottom] = rows[Math.floor(cell / columns.length)];
    const [left, right] = columns[cell % columns.length];
    return [left, top, right - left, bottom - top];
  };
  // To set a colour takes longer than to fill a cell: cells of one shade share it.
  const entry = (cell: number) => Math.round(shades[cell] * (TABLE_SIZE - 1));
  const coloured = [...shades.keys()].filter((cell) => shades[cell] >= 0);
  let shade = OPEN;
  for (const cell of coloured.sort((one, other) => shades[one] - shades[other])) {
    if (entry(cell) !== shade) {
      shade = entry(cell);
      context.fillStyle = css(colourAt(table, shade / (TABLE_SIZE - 1)));
    }
    context.globalAlpha = opacities[cell];
    context.fillRect(...place(cell));
  }
  hatch(context, [...shades.keys()].filter((cell) => Number.isNaN(shades[cell])).map(place), ratio);
}

function hatch(context: CanvasRenderingContext2D, places: readonly [number, number, number, number][], ratio: number): void {
  if (places.length === 0) return;
  const { canvas } = context;
  context.save();
  context.globalAlpha = 1;
  context.beginPath();
  for (const place of places) context.rect(...place);
  context.clip();
  context.beginPath();
  for (let start = -canvas.height; start < canvas.width; start += HATCH_SPACING * ratio) {
    context.moveTo(start, 0);
    context.lineTo(start + canvas.height, canvas.height);
  }
  context.strokeStyle = "rgb(128 128 128 / 0.55)";
  context.lineWidth = ratio;
  context.stroke();
  context.restore();
}
