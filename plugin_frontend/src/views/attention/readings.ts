/** What a frame says about image tokens and about words. */

import type { AttentionFrame, ShownPart } from "../../frames";
import { difference } from "../../lib/difference";
import { divergingScale, sequentialScale, type Scale } from "../../lib/scale";
import type { Manifest, Modality, TokenSequence } from "../../schema";

/** Tokens of one sequence to be shown together, and the weights on them. */
export interface Reading {
  sequence: TokenSequence;
  /** Which tokens of the sequence are shown. */
  positions: number[];
  /** Where the weights come from; null where no logged block has any for these tokens. */
  part: ShownPart | null;
  weights: Float32Array | null;
}

export interface Readings {
  manifest: Manifest;
  image: Reading | null;
  words: Reading | null;
}

const WORDS: readonly Modality[] = ["text", "generated"];

const hasBoxes = ({ boxes }: TokenSequence) => boxes.some((box) => box !== null);
const hasWords = ({ modality }: TokenSequence) => modality.some((name) => WORDS.includes(name));

export function readings({ manifest, plan }: AttentionFrame): Readings {
  const parts = plan?.parts ?? [];
  const find = (
    fits: (sequence: TokenSequence) => boolean,
    isShown: (sequence: TokenSequence, index: number) => boolean,
  ): Reading | null => {
    const candidates = manifest.sequences.filter(fits);
    const part = parts.find(({ shown }) => candidates.some(({ name }) => name === shown));
    const sequence = candidates.find(({ name }) => name === part?.shown) ?? candidates[0];
    if (!sequence) return null;
    const positions = [...sequence.tokens.keys()].filter((index) => isShown(sequence, index));
    return { sequence, positions, part: part ?? null, weights: part?.weights ?? null };
  };
  const placed = ({ boxes }: TokenSequence, index: number) => boxes[index] !== null;
  const spelled = ({ boxes, modality }: TokenSequence, index: number) =>
    boxes[index] === null && modality[index] !== "padding";
  return {
    manifest,
    image: find(hasBoxes, placed),
    words: find(hasWords, spelled) ?? find((sequence) => !hasBoxes(sequence), spelled),
  };
}

/** `b - a`: the tokens are known to be the same. */
export function readingsDifference(b: Readings, a: Readings): Readings {
  const subtract = (of: Reading | null, from: Reading | null): Reading | null => {
    if (!of) return null;
    const comparable = of.weights && from?.weights && of.weights.length === from.weights.length;
    return { ...of, weights: comparable ? difference(of.weights!, from!.weights!) : null };
  };
  return { manifest: b.manifest, image: subtract(b.image, a.image), words: subtract(b.words, a.words) };
}

/** One scale for the image tokens (or words) of all sides. Special tokens don't stretch it. */
export function readingScale(shown: readonly (Reading | null)[], asDifference: boolean): Scale {
  const arrays = shown.flatMap((reading) => {
    if (!reading?.weights) return [];
    const { sequence, positions, weights } = reading;
    const content = positions.filter((index) => sequence.modality[index] !== "special");
    return [(content.length > 0 ? content : positions).map((index) => weights[index])];
  });
  return asDifference ? divergingScale(arrays) : sequentialScale(arrays, true);
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
