/** Paints tiles of attention weights: a table of colours per code, one drawing per tile. */

import { colourAt, type ColourTable } from "../lib/colour";
import { WEIGHT_OF_CODE } from "../lib/matrix_scale";
import { position, type Scale } from "../lib/scale";
import type { MatrixCamera, TilePiece } from "../lib/tiles";
import type { MatrixTile } from "../schema";

/** 256 pixels, as they lie in an image's memory. */
export type Palette = Uint32Array;

const OPAQUE = 0xff000000;
const KEPT_PICTURES = 192;

/** The colour of each code of a weight. */
export function weightPalette(scale: Scale, table: ColourTable): Palette {
  return Uint32Array.from(WEIGHT_OF_CODE, (weight) => pixel(table, position(scale, weight)));
}

/** The colours of a diverging scale, from its low to its high end. */
export function differencePalette(table: ColourTable): Palette {
  return Uint32Array.from({ length: 256 }, (_, index) => pixel(table, index / 255));
}

/** The colours of a tile's cells; clear where nothing was logged. */
export function weightPixels({ weights, logged, loggedKeys, columns }: MatrixTile, palette: Palette): Uint32Array {
  const pixels = new Uint32Array(weights.length);
  for (let row = 0, cell = 0; row < logged.length; row++) {
    if (!logged[row]) {
      cell += columns;
      continue;
    }
    for (let column = 0; column < columns; column++, cell++) {
      if (loggedKeys[column]) pixels[cell] = palette[weights[cell]];
    }
  }
  return pixels;
}

/** The colours of `b - a`, cell by cell; clear where either was not logged. */
export function differencePixels(b: MatrixTile, a: MatrixTile, palette: Palette, scale: Scale): Uint32Array {
  const pixels = new Uint32Array(b.weights.length);
  for (let row = 0, cell = 0; row < b.rows; row++) {
    for (let column = 0; column < b.columns; column++, cell++) {
      if (!b.logged[row] || !a.logged[row] || !b.loggedKeys[column] || !a.loggedKeys[column]) continue;
      const change = WEIGHT_OF_CODE[b.weights[cell]] - WEIGHT_OF_CODE[a.weights[cell]];
      pixels[cell] = palette[Math.round(255 * position(scale, change))];
    }
  }
  return pixels;
}

/** Pictures of tiles, the latest used ones kept. */
export class TilePictures {
  #pictures = new Map<string, HTMLCanvasElement>();

  /** The picture of that name, made where it is not there yet. */
  of(name: string, size: { rows: number; columns: number }, pixels: () => Uint32Array): HTMLCanvasElement {
    const known = this.#pictures.get(name);
    const picture = known ?? drawn(size, pixels());
    this.#pictures.delete(name);
    this.#pictures.set(name, picture);
    if (this.#pictures.size > KEPT_PICTURES) this.#pictures.delete(this.#pictures.keys().next().value!);
    return picture;
  }
}

/** Draw a piece of a tile where it belongs. Edges fall on whole pixels, so that tiles meet. */
export function paintPiece(
  context: CanvasRenderingContext2D,
  picture: HTMLCanvasElement,
  { source, target: [x, y, width, height] }: TilePiece,
  camera: MatrixCamera,
  density: number,
): void {
  const across = (tokens: number) => Math.round((tokens - camera.x) * camera.perKey * density);
  const down = (tokens: number) => Math.round((tokens - camera.y) * camera.perQuery * density);
  const [left, top] = [across(x), down(y)];
  context.drawImage(picture, ...source, left, top, across(x + width) - left, down(y + height) - top);
}

function drawn({ rows, columns }: { rows: number; columns: number }, pixels: Uint32Array): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [columns, rows];
  const context = canvas.getContext("2d");
  const bytes = new Uint8ClampedArray(pixels.buffer as ArrayBuffer);
  context?.putImageData(new ImageData(bytes, columns, rows), 0, 0);
  return canvas;
}

/** Red comes first in memory, so it is the lowest byte. */
function pixel(table: ColourTable, place: number): number {
  const [red, green, blue] = colourAt(table, place);
  return (OPAQUE | (blue << 16) | (green << 8) | red) >>> 0;
}
