/** From the eight bits of a weight to a place on a colour map. */

import type { Scale } from "./scale";
import type { Scaling } from "./selection";

/** A weight of attention by its code: the square-root scale of the server. */
export const WEIGHT_OF_CODE = Float32Array.from({ length: 256 }, (_, code) => (code / 255) ** 2);

const SMALLEST_CHANGE = 1e-6;
/** What a clipped scale leaves out at either end. */
const CLIPPED_SHARES = [0.01, 0.99] as const;

/** Where each of the 256 weights lies on a colour map. */
export interface CodeScale {
  /** 0 to 1 for each code. */
  positions: Float32Array;
  /** Numbers for the legend, and where on the map they lie. */
  marks: { weight: number; position: number }[];
}

/** The weights that all shown matrices together have, by code. */
export function mergedCounts(counts: readonly Int32Array[]): Float64Array {
  const merged = new Float64Array(256);
  for (const one of counts) one.forEach((count, code) => (merged[code] += count));
  return merged;
}

/**
 * One scale for all weights shown. Zero and what eight bits round to it (below 4e-6) does not
 * count where shares of weights decide.
 */
export function codeScale(name: Scaling, counts: Float64Array): CodeScale {
  const codes = [...counts.keys()].filter((code) => code > 0 && counts[code] > 0);
  const highest = codes.at(-1) ?? 255;
  if (name === "rank") return rankScale(counts, codes);
  if (name === "log") return logScale(codes[0] ?? 1, highest);
  const ends = name === "clipped" ? CLIPPED_SHARES.map((share) => codeAtShare(counts, codes, share) ?? 0) : [0, highest];
  const low = ends[0] < ends[1] ? WEIGHT_OF_CODE[ends[0]] : 0;
  const high = WEIGHT_OF_CODE[ends[1]] || 1;
  return {
    positions: WEIGHT_OF_CODE.map((weight) => Math.min(1, Math.max(0, (weight - low) / (high - low)))),
    marks: [0, 0.5, 1].map((position) => ({ weight: low + position * (high - low), position })),
  };
}

/**
 * The scale of differences between two matrices, symmetric about 0, from the tiles that cover them:
 * up to the largest, or only to the 99th percentile of all that are not 0.
 */
export function differenceScale(b: Uint8Array, a: Uint8Array, clipped: boolean): Scale {
  const changes = Float32Array.from(b, (code, cell) => Math.abs(WEIGHT_OF_CODE[code] - WEIGHT_OF_CODE[a[cell]]));
  const sizes = changes.filter((change) => change > 0).sort();
  const last = sizes.length - 1;
  const reach = Math.max(sizes[clipped ? Math.round(CLIPPED_SHARES[1] * last) : last] ?? 0, SMALLEST_CHANGE);
  return { low: -reach, high: reach, diverging: true };
}

/** Bound on the error of a weight that was stored in eight bits, or of the difference of two. */
export function codeError(...codes: number[]): number {
  return codes.reduce((sum, code) => sum + code / 255 / 255 + 4e-6, 0);
}

function logScale(lowest: number, highest: number): CodeScale {
  const [low, high] = [lowest, highest].map((code) => Math.log(WEIGHT_OF_CODE[code]));
  const place = (weight: number) => (high > low ? Math.min(1, Math.max(0, (Math.log(weight) - low) / (high - low))) : 1);
  return {
    positions: WEIGHT_OF_CODE.map((weight) => (weight > 0 ? place(weight) : 0)),
    marks: [0, 0.5, 1].map((position) => ({ weight: Math.exp(low + position * (high - low)), position })),
  };
}

/** A weight's place is the share of weights below it, ties counted half. */
function rankScale(counts: Float64Array, codes: number[]): CodeScale {
  const total = codes.reduce((sum, code) => sum + counts[code], 0);
  const positions = new Float32Array(256);
  let below = 0;
  for (let code = 1; code < 256; code++) {
    positions[code] = total > 0 ? (below + 0.5 * counts[code]) / total : 0;
    below += counts[code];
  }
  const marks = [0.25, 0.5, 0.75].map((share) => {
    const code = codeAtShare(counts, codes, share) ?? 0;
    return { weight: WEIGHT_OF_CODE[code], position: share };
  });
  return { positions, marks };
}

/** The first code that as large a share of the weights does not exceed. */
function codeAtShare(counts: Float64Array, codes: number[], share: number): number | null {
  const total = codes.reduce((sum, code) => sum + counts[code], 0);
  let seen = 0;
  return codes.find((code) => (seen += counts[code]) >= share * total) ?? null;
}
