/** What a frame says about image tokens and about words. */

import type { AttentionFrame, ShownPart } from "../../frames";
import { difference } from "../../lib/difference";
import { hasBoxes, hasWords, placedTokens, writtenTokens, type TokenWeights } from "../../lib/readings";
import type { Manifest, Modality, TokenSequence } from "../../schema";

export interface Reading extends TokenWeights {
  /** Where the weights come from; null where no logged block has any for these tokens. */
  part: ShownPart | null;
}

export interface Readings {
  manifest: Manifest;
  image: Reading | null;
  words: Reading | null;
  /** Words of other sequences: of the decoder where those of the encoder are looked at, say. */
  otherWords: Reading[];
}

export function readings({ manifest, plan }: AttentionFrame): Readings {
  const parts = plan?.parts ?? [];
  const find = (
    fits: (sequence: TokenSequence) => boolean,
    positionsOf: (sequence: TokenSequence) => readonly number[],
  ): Reading | null => {
    const candidates = manifest.sequences.filter(fits);
    const part = parts.find(({ shown }) => candidates.some(({ name }) => name === shown));
    const sequence = candidates.find(({ name }) => name === part?.shown) ?? candidates[0];
    return sequence ? reading(sequence, positionsOf(sequence), part) : null;
  };
  const image = find(hasBoxes, placedTokens);
  const words =
    find(hasWords, writtenTokens) ??
    find((sequence) => !hasBoxes(sequence), writtenTokens) ??
    // What a detector predicted lies on the image as well: it is listed by name.
    find((sequence) => sequence !== image?.sequence, allTokens);
  const otherWords = manifest.sequences
    .filter((sequence) => hasWords(sequence) && sequence !== words?.sequence)
    .map((sequence) => reading(sequence, writtenTokens(sequence), parts.find(({ shown }) => shown === sequence.name)));
  return { manifest, image, words, otherWords };
}

function reading(sequence: TokenSequence, positions: readonly number[], part: ShownPart | undefined): Reading {
  return { sequence, positions, part: part ?? null, weights: part?.weights ?? null, masked: new Set(part?.sinks) };
}

function allTokens({ tokens }: TokenSequence): number[] {
  return [...tokens.keys()];
}

/** `b - a`: the tokens are known to be the same. */
export function readingsDifference(b: Readings, a: Readings): Readings {
  const subtract = (of: Reading | null, from: Reading | null): Reading | null => {
    if (!of) return null;
    const comparable = of.weights && from?.weights && of.weights.length === from.weights.length;
    const masked = new Set([...(of.masked ?? []), ...(from?.masked ?? [])]);
    return { ...of, masked, weights: comparable ? difference(of.weights!, from!.weights!) : null };
  };
  const named = (name: string) => a.otherWords.find(({ sequence }) => sequence.name === name) ?? null;
  return {
    manifest: b.manifest,
    image: subtract(b.image, a.image),
    words: subtract(b.words, a.words),
    otherWords: b.otherWords.flatMap((of) => subtract(of, named(of.sequence.name)) ?? []),
  };
}

/** The weights as they are painted: without those of masked tokens. */
export function painted({ weights, masked }: Reading): Float32Array | null {
  if (!weights || !masked?.size) return weights;
  return weights.map((weight, index) => (masked.has(index) ? NaN : weight));
}

/** Shares of the weights by modality, largest first. Meaningful for rows of attention. */
export function sharesByModality({ sequence, weights }: Reading): [Modality, number][] {
  const shares = new Map<Modality, number>();
  weights?.forEach((weight, index) => {
    const modality = sequence.modality[index];
    shares.set(modality, (shares.get(modality) ?? 0) + (weight || 0));
  });
  return [...shares].sort((first, second) => second[1] - first[1]);
}
