/** Paints weights of boxes over an image. */

import { colourAt, css, TABLE_SIZE, type ColourTable } from "../lib/colour";
import { gridOf, interpolate, rasterise, type Grid } from "../lib/raster";
import { position, type Scale } from "../lib/scale";
import type { Box } from "../schema";

export interface Heat {
  boxes: readonly (Box | null)[];
  weights: Float32Array;
  scale: Scale;
  table: ColourTable;
  smooth: boolean;
}

const SMOOTH_SIZE = 160;
const FINE_SIZE = 640;
/** The finest grid of which every cell still shows in a small picture. */
const COARSE_GRID = 64;

/** `ratio` is the image's height by its width. */
export function paintHeat(canvas: HTMLCanvasElement, heat: Heat, ratio: number): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const grid = heat.smooth ? null : knownGrid(heat.boxes);
  resize(canvas, heat, grid, ratio);
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (heat.smooth) paintSmooth(context, canvas, heat);
  else if (grid) paintGrid(context, canvas, heat, grid);
  else paintBoxes(context, canvas, heat);
  hatchUndefined(context, canvas, heat);
  // How often it was painted: seen by who waits for the picture.
  canvas.dataset.painted = String(Number(canvas.dataset.painted ?? 0) + 1);
}

/** No more pixels than it takes, for the browser scales them in no time: what is hatched takes many. */
function resize(canvas: HTMLCanvasElement, heat: Heat, grid: Grid | null, ratio: number): void {
  const hatched = heat.boxes.some((box, index) => box && Number.isNaN(heat.weights[index]));
  const coarse = !hatched && grid !== null && Math.max(grid.columns, grid.rows) <= COARSE_GRID;
  const width = hatched || !heat.smooth ? FINE_SIZE : SMOOTH_SIZE;
  const size = coarse ? [grid.columns, grid.rows] : [width, Math.max(1, Math.round(width * ratio))];
  if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
  canvas.toggleAttribute("data-coarse", coarse);
}

/** How opaque the heat is: what is near nothing lets the image through. */
function opacity(share: number, scale: Scale): number {
  return scale.diverging ? 0.7 * Math.min(1, 2.4 * Math.abs(share - 0.5)) : 0.28 + 0.4 * share;
}

const grids = new WeakMap<Heat["boxes"], Grid | null>();

function knownGrid(boxes: Heat["boxes"]): Grid | null {
  if (!grids.has(boxes)) grids.set(boxes, gridOf(boxes));
  return grids.get(boxes)!;
}

/** A pixel per box, then scaled: thousands of boxes at once. */
function paintGrid(context: CanvasRenderingContext2D, canvas: HTMLCanvasElement, heat: Heat, grid: Grid): void {
  const picture = context.createImageData(grid.columns, grid.rows);
  grid.cells.forEach((cell, index) => {
    const share = cell < 0 ? NaN : position(heat.scale, heat.weights[index]);
    if (!Number.isNaN(share)) setPixel(picture.data, 4 * cell, heat, share);
  });
  const fits = picture.width === canvas.width && picture.height === canvas.height;
  if (fits) context.putImageData(picture, 0, 0);
  else drawScaled(context, canvas, picture, false);
}

function setPixel(pixels: Uint8ClampedArray, place: number, { table, scale }: Heat, share: number): void {
  const entry = 3 * Math.round(share * (TABLE_SIZE - 1));
  for (let channel = 0; channel < 3; channel++) pixels[place + channel] = table[entry + channel];
  pixels[place + 3] = 255 * opacity(share, scale);
}

function drawScaled(context: CanvasRenderingContext2D, canvas: HTMLCanvasElement, picture: ImageData, smoothly: boolean): void {
  const small = document.createElement("canvas");
  [small.width, small.height] = [picture.width, picture.height];
  small.getContext("2d")?.putImageData(picture, 0, 0);
  context.imageSmoothingEnabled = smoothly;
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
}

function paintBoxes(context: CanvasRenderingContext2D, canvas: HTMLCanvasElement, heat: Heat): void {
  const order = heat.boxes.map((_, index) => index).sort((a, b) => heat.weights[a] - heat.weights[b]);
  let level = -1;
  for (const index of order) {
    const box = heat.boxes[index];
    const share = position(heat.scale, heat.weights[index]);
    if (!box || Number.isNaN(share)) continue;
    // To set a colour takes longer than to fill a box: boxes of one shade share it.
    const own = Math.round(255 * share);
    if (own !== level) context.fillStyle = css(colourAt(heat.table, own / 255), opacity(own / 255, heat.scale));
    level = own;
    context.fillRect(...pixels(box, canvas));
  }
}

function paintSmooth(context: CanvasRenderingContext2D, canvas: HTMLCanvasElement, heat: Heat): void {
  const raster = rasterise(heat.boxes, heat.weights);
  const picture = context.createImageData(SMOOTH_SIZE, SMOOTH_SIZE);
  for (let row = 0; row < SMOOTH_SIZE; row++) {
    for (let column = 0; column < SMOOTH_SIZE; column++) {
      const value = interpolate(raster, (column + 0.5) / SMOOTH_SIZE, (row + 0.5) / SMOOTH_SIZE);
      if (Number.isNaN(value)) continue;
      const share = position(heat.scale, value);
      setPixel(picture.data, 4 * (row * SMOOTH_SIZE + column), heat, share);
    }
  }
  drawScaled(context, canvas, picture, true);
}

function hatchUndefined(context: CanvasRenderingContext2D, canvas: HTMLCanvasElement, heat: Heat): void {
  const spacing = Math.max(6, canvas.width / 60);
  context.strokeStyle = "rgb(128 128 128 / 0.8)";
  context.lineWidth = Math.max(1, spacing / 6);
  heat.boxes.forEach((box, index) => {
    if (!box || !Number.isNaN(heat.weights[index])) return;
    const [x, y, width, height] = pixels(box, canvas);
    context.save();
    context.beginPath();
    context.rect(x, y, width, height);
    context.clip();
    context.beginPath();
    // Lines of constant x + y, so that neighbouring boxes join without a seam.
    for (let sum = Math.ceil((x + y) / spacing) * spacing; sum < x + y + width + height; sum += spacing) {
      context.moveTo(sum - y, y);
      context.lineTo(sum - y - height, y + height);
    }
    context.stroke();
    context.restore();
  });
}

function pixels(box: Box, canvas: HTMLCanvasElement): [number, number, number, number] {
  const [left, top] = [Math.round(box[0] * canvas.width), Math.round(box[1] * canvas.height)];
  return [left, top, Math.round(box[2] * canvas.width) - left, Math.round(box[3] * canvas.height) - top];
}
