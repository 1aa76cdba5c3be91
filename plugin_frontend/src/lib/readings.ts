/** Which tokens of a sequence lie on the image, which are words, and the numbers on them. */

import type { Modality, TokenSequence } from "../schema";
import { divergingScale, rescaled, sequentialScale, type Scale } from "./scale";
import type { Scaling } from "./selection";

/** Tokens of one sequence to be shown together, and the numbers on them. */
export interface TokenWeights {
  sequence: TokenSequence;
  /** Which tokens of the sequence are shown. */
  positions: readonly number[];
  /** One per token of the sequence, NaN where there is none; null where no token has one. */
  weights: Float32Array | null;
  /** Tokens that are left out of the scale and hatched, though they have a number. */
  masked?: ReadonlySet<number>;
}

const WORDS: readonly Modality[] = ["text", "generated"];

export function hasBoxes({ boxes }: TokenSequence): boolean {
  return boxes.some((box) => box !== null);
}

export function hasWords({ modality }: TokenSequence): boolean {
  return modality.some((name) => WORDS.includes(name));
}

/** Positions of the tokens that have a place on an image. */
export const placedTokens = oncePer(({ tokens, boxes }: TokenSequence): readonly number[] =>
  [...tokens.keys()].filter((index) => boxes[index] !== null),
);

/** Positions of the tokens that are written out. */
export const writtenTokens = oncePer(({ tokens, boxes, modality }: TokenSequence): readonly number[] =>
  [...tokens.keys()].filter((index) => boxes[index] === null && modality[index] !== "padding"),
);

/** A gallery asks it of the same sequence of thousands of tokens for each of its pictures. */
function oncePer<Result>(found: (sequence: TokenSequence) => Result): (sequence: TokenSequence) => Result {
  const known = new WeakMap<TokenSequence, Result>();
  return (sequence) => {
    if (!known.has(sequence)) known.set(sequence, found(sequence));
    return known.get(sequence)!;
  };
}

/** One scale for the image tokens (or words) of all sides. Special tokens and sinks don't stretch it. */
export function readingScale(
  shown: readonly (TokenWeights | null)[],
  symmetric: boolean,
  scaling: Scaling = "linear",
): Scale {
  const arrays = shown.flatMap((reading) => {
    if (!reading?.weights) return [];
    const { sequence, positions, weights, masked } = reading;
    const unmasked = masked && masked.size > 0 ? positions.filter((index) => !masked.has(index)) : positions;
    const content = unmasked.filter((index) => sequence.modality[index] !== "special");
    return [(content.length > 0 ? content : unmasked).map((index) => weights[index])];
  });
  return rescaled(symmetric ? divergingScale(arrays) : sequentialScale(arrays, true), arrays, scaling);
}

/** Whether a number shown lies beyond the end of the scale. */
export function exceeds(reading: TokenWeights | null, { high }: Scale): boolean {
  const shown = (index: number) => !reading?.masked?.has(index);
  return reading?.positions.some((index) => shown(index) && Math.abs(reading.weights?.[index] ?? 0) > high) ?? false;
}
