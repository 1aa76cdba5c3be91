/** From numbers to positions on a colour map. */

import type { Scaling } from "./selection";

export interface Scale {
  low: number;
  high: number;
  /** Symmetric about 0: shown with a diverging map. */
  diverging: boolean;
  /** How numbers become colours; linear where it is not said. */
  scaling?: Scaling;
  /** Of a logarithmic scale: the smallest size that is told from zero. */
  floor?: number;
  /** Of ranks: the sizes of all numbers shown, ascending. */
  sizes?: Float32Array;
}

/** Orders of magnitude that a logarithmic scale spans at most. */
const DECADES = 4;

/** Below this a difference of float32 numbers is rounding: it must not fill the scale. */
const SMALLEST_CHANGE = 1e-6;

/** Values closer to each other than this share of their size count as the same. */
const SAME_WITHIN = 1e-4;

type Numbers = ArrayLike<number>;

/** Smallest and largest defined value of all arrays together, or null where there is none. */
export function range(...arrays: Numbers[]): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (const values of arrays) {
    for (let index = 0; index < values.length; index++) {
      const value = values[index];
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : null;
}

/**
 * One scale for everything shown side by side. It includes 0 where `fromZero` asks for it, where the
 * values lie near 0, and where they are all the same.
 */
export function sequentialScale(arrays: Numbers[], fromZero = false): Scale {
  const [low, high] = range(...arrays) ?? [0, 1];
  const constant = high - low <= SAME_WITHIN * Math.max(Math.abs(low), Math.abs(high));
  const nearZero = low >= 0 && low < 0.5 * high;
  if (!constant && !nearZero && !fromZero) return { low, high, diverging: false };
  const [bottom, top] = [Math.min(0, low), Math.max(0, high)];
  return { low: bottom, high: top > bottom ? top : 1, diverging: false };
}

/** The scale of differences: symmetric about 0. */
export function divergingScale(arrays: Numbers[]): Scale {
  const [low, high] = range(...arrays) ?? [0, 0];
  const reach = Math.max(Math.abs(low), Math.abs(high), SMALLEST_CHANGE);
  return { low: -reach, high: reach, diverging: true };
}

/** The same range with numbers turned into colours in another way. `arrays`: all numbers shown. */
export function rescaled(scale: Scale, arrays: Numbers[], scaling: Scaling): Scale {
  if (scaling === "linear") return scale;
  const sizes = sizesOf(arrays);
  if (sizes.length === 0) return scale;
  if (scaling === "rank") return { ...scale, scaling, sizes };
  if (scaling === "log") {
    const reach = Math.max(Math.abs(scale.low), Math.abs(scale.high));
    const smallest = sizes.find((size) => size > 0) ?? reach;
    const floor = Math.max(smallest, reach / 10 ** DECADES);
    return { ...scale, low: scale.diverging ? scale.low : floor, scaling, floor };
  }
  const high = quantile(sizes, 0.99);
  const low = scale.diverging ? -high : quantile(sizes, 0.01);
  return high > low ? { ...scale, low, high, scaling } : scale;
}

function sizesOf(arrays: Numbers[]): Float32Array {
  const defined = arrays.flatMap((values) => Array.from(values).filter((value) => !Number.isNaN(value)));
  return Float32Array.from(defined, Math.abs).sort();
}

/** Between the two nearest of the ascending numbers, linearly. */
function quantile(ascending: ArrayLike<number>, share: number): number {
  const place = share * (ascending.length - 1);
  const [below, above] = [Math.floor(place), Math.ceil(place)];
  return ascending[below] + (place - below) * (ascending[above] - ascending[below]);
}

/** The number at a position on the scale: the inverse of {@link position}. */
export function valueAt(scale: Scale, share: number): number {
  if (scale.scaling !== "log" && scale.scaling !== "rank") return scale.low + share * (scale.high - scale.low);
  const [sign, size] = scale.diverging ? [Math.sign(share - 0.5), 2 * Math.abs(share - 0.5)] : [1, share];
  if (scale.scaling === "rank") return sign * quantile(scale.sizes!, size);
  return sign * scale.floor! * (scale.high / scale.floor!) ** size;
}

/** Where a value lies on the scale, clamped to 0..1. NaN stays NaN. */
export function position(scale: Scale, value: number): number {
  if (scale.scaling === "log" || scale.scaling === "rank") {
    if (Number.isNaN(value)) return NaN;
    const size = scale.scaling === "log" ? logarithmic(scale, Math.abs(value)) : rank(scale.sizes!, Math.abs(value));
    return scale.diverging ? 0.5 + 0.5 * Math.sign(value) * size : size;
  }
  const share = (value - scale.low) / (scale.high - scale.low);
  return share < 0 ? 0 : share > 1 ? 1 : share;
}

/** Round numbers that divide the range into roughly `count` parts, all within it. */
export function ticks(low: number, high: number, count = 4): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  const result = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + 1e-9 * span; index++) {
    result.push(Number((index * step).toPrecision(12)));
  }
  return result;
}

function logarithmic({ floor, high }: Scale, size: number): number {
  if (size <= floor!) return high > floor! ? 0 : 1;
  return Math.min(1, Math.log(size / floor!) / Math.log(high / floor!));
}

/** Share of the other sizes that are smaller; ties lie in the middle of their places. */
function rank(sizes: Float32Array, size: number): number {
  const [first, last] = [countBelow(sizes, size, false), countBelow(sizes, size, true)];
  if (last === first) return first / sizes.length;
  return sizes.length > 1 ? (first + last - 1) / 2 / (sizes.length - 1) : 1;
}

/** How many are smaller, or not larger. */
function countBelow(ascending: Float32Array, size: number, orEqual: boolean): number {
  const wanted = Math.fround(size);
  let [from, to] = [0, ascending.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (ascending[middle] < wanted || (orEqual && ascending[middle] === wanted)) from = middle + 1;
    else to = middle;
  }
  return from;
}
