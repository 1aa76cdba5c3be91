/** What a scatter plot shows: points, trails, thumbnails and labels, in arrays as they come from the server. */

import type { Rgb } from "./colour";

export const MARK_SHAPES = ["circle", "square", "diamond", "triangle"] as const;

export type MarkShape = (typeof MARK_SHAPES)[number];

/** How a point is shown; 0, as a new array holds it, is as usual. */
export const POINT = { NORMAL: 0, EMPHASISED: 1, DIMMED: 2, HIDDEN: 3 } as const;

export interface ScatterPoints {
  /** `components` numbers per point; points with NaN are not drawn. */
  positions: Float32Array;
  components: number;
  /** Which component lies on which axis: two make a plane, three a space. */
  axes: readonly number[];
  /** Index into the palette, per point. */
  colours: Uint8Array | Uint16Array;
  /** Index into the shapes, per point. */
  kinds: Uint8Array;
  shapes: readonly MarkShape[];
  /** One of POINT, per point. */
  states: Uint8Array;
}

/** Lines from place to place: of tokens over layers or steps. */
export interface ScatterTrails {
  /** Of every trail the places one after the other, `components` numbers each; NaN where it is not defined. */
  positions: Float32Array;
  places: number;
  /** Index into the palette, per trail; or per place of every trail. */
  colours: Uint8Array;
  /** 1 for trails that stand out, else 0. */
  emphasis: Uint8Array;
  /** The place that has a dot, or -1. */
  current: number;
}

/** A piece of a picture in place of a point. */
export interface PointPicture {
  point: number;
  picture: CanvasImageSource;
  /** Left, top, width, height, in pixels of the picture. */
  box: readonly [number, number, number, number];
}

export interface PlaceLabel {
  /** All components of the place, as a row of the positions. */
  place: ArrayLike<number>;
  text: string;
}

/** How points are selected: by a line drawn around them, or by a rectangle. */
export type SelectTool = "lasso" | "rectangle";

/** Whether a selection takes the place of the one before. */
export type Combination = "replace" | "add" | "remove";

/** The components of a point. */
export function rowOf({ positions, components }: Pick<ScatterPoints, "positions" | "components">, point: number): Float32Array {
  return positions.subarray(components * point, components * (point + 1));
}

/** The coordinates of a place on the axes that are shown. */
export function onAxes(place: ArrayLike<number>, axes: readonly number[]): number[] {
  return axes.map((axis) => place[axis]);
}

/** 256 colours of four bytes, the palette of the painter; missing ones are the last. */
export function paletteBytes(palette: readonly Rgb[]): Uint8Array {
  const bytes = new Uint8Array(4 * 256);
  for (let index = 0; index < 256; index++) {
    const colour = palette[Math.min(index, palette.length - 1)] ?? [0, 0, 0];
    bytes.set([...colour, 255], 4 * index);
  }
  return bytes;
}

