/** Colour scales of weights that are known by their eight bits, and how many have which. */

import { rescaled, type Scale } from "./scale";
import type { Scaling } from "./selection";

/** A weight of attention by its code: the square-root scale of the server. */
export const WEIGHT_OF_CODE = Float32Array.from({ length: 256 }, (_, code) => (code / 255) ** 2);

const SMALLEST_CHANGE = 1e-6;

/** As many quantiles stand for millions of weights. */
const QUANTILES = 2000;

/** The weights that all shown matrices together have, by code. */
export function mergedCounts(counts: readonly Int32Array[]): Float64Array {
  const merged = new Float64Array(256);
  for (const one of counts) one.forEach((count, code) => (merged[code] += count));
  return merged;
}

/**
 * One scale for all weights shown. Weights of zero, and what eight bits round to it (below 4e-6),
 * count neither for percentiles nor for ranks: half of a causal matrix is masked.
 */
export function weightScale(scaling: Scaling, counts: Float64Array): Scale {
  const highest = counts.reduce((last, count, code) => (count > 0 ? code : last), 0);
  const scale = { low: 0, high: WEIGHT_OF_CODE[highest] || 1, diverging: false };
  return rescaled(scale, [quantiles(counts)], scaling);
}

/** The scale of differences between two matrices, from the tiles that cover them; no change does not count. */
export function differenceScale(scaling: Scaling, b: Uint8Array, a: Uint8Array): Scale {
  const changes = Float32Array.from(b, (code, cell) => Math.abs(WEIGHT_OF_CODE[code] - WEIGHT_OF_CODE[a[cell]]));
  const sizes = changes.filter((change) => change > 0).sort();
  const reach = Math.max(sizes.at(-1) ?? 0, SMALLEST_CHANGE);
  return rescaled({ low: -reach, high: reach, diverging: true }, [sizes], scaling);
}

/** Weights in the proportions in which they are there, ascending. */
function quantiles(counts: Float64Array): Float32Array {
  const total = counts.reduce((sum, count, code) => (code > 0 ? sum + count : sum), 0);
  const found = new Float32Array(Math.min(QUANTILES, total));
  let [code, seen] = [0, 0];
  return found.map((_, index) => {
    while (seen <= ((index + 0.5) * total) / found.length) seen += counts[++code];
    return WEIGHT_OF_CODE[code];
  });
}
