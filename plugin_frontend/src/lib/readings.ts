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
function oncePer<Of extends object, Result>(found: (of: Of) => Result): (of: Of) => Result {
  const known = new WeakMap<Of, Result>();
  return (of) => {
    if (!known.has(of)) known.set(of, found(of));
    return known.get(of)!;
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
    return [weightsAt(scaledPositions(reading), reading.weights)];
  });
  return rescaled(symmetric ? divergingScale(arrays) : sequentialScale(arrays, true), arrays, scaling);
}

/** In a plain loop, for a gallery has tens of thousands of weights. */
function weightsAt(positions: readonly number[], weights: Float32Array): Float32Array {
  const found = new Float32Array(positions.length);
  for (let place = 0; place < positions.length; place++) found[place] = weights[positions[place]];
  return found;
}

/** The tokens that a scale is made for. */
function scaledPositions({ sequence, positions, masked }: TokenWeights): readonly number[] {
  if (!masked?.size) return contentOf(sequence)(positions);
  return withoutSpecial(sequence, positions.filter((index) => !masked.has(index)));
}

const contentOf = oncePer((sequence: TokenSequence) =>
  oncePer((positions: readonly number[]) => withoutSpecial(sequence, positions)),
);

/** Unless there are no others. */
function withoutSpecial({ modality }: TokenSequence, positions: readonly number[]): readonly number[] {
  const content = positions.filter((index) => modality[index] !== "special");
  return content.length > 0 ? content : positions;
}

/** Whether a number shown lies beyond the end of the scale. */
export function exceeds(reading: TokenWeights | null, { high }: Scale): boolean {
  const shown = (index: number) => !reading?.masked?.has(index);
  return reading?.positions.some((index) => shown(index) && Math.abs(reading.weights?.[index] ?? 0) > high) ?? false;
}
