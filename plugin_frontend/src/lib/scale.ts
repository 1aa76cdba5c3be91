/** From numbers to positions on a colour map. */

export interface Scale {
  low: number;
  high: number;
  /** Symmetric about 0: shown with a diverging map. */
  diverging: boolean;
}

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

/** Where a value lies on the scale, clamped to 0..1. NaN stays NaN. */
export function position(scale: Scale, value: number): number {
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
