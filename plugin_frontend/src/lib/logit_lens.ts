/** What a model's output head reads in the hidden states of every layer, by token. */

import type { LensColour, LensRows } from "./selection";
import { range, rescaled, sequentialScale, divergingScale, type Scale } from "./scale";

export interface Lens {
  sequence: string;
  /** Numbers of the hidden states, ascending; the last one is what the model says in the end. */
  layers: readonly number[];
  /** Positions of the tokens that were read. */
  positions: readonly number[];
  /** How many outputs were kept of each reading. */
  kept: number;
  /** (layers, positions, kept) numbers of the most probable outputs, the best first. */
  outputs: Int32Array;
  probabilities: Float32Array;
  words: ReadonlyMap<number, string>;
  /** By position: the layer from which on the best output is that of the last layer. */
  settledDepth: Int32Array;
  /** What the model says for the whole example, and its way through the layers; null where nothing is known. */
  answer: LensAnswer | null;
}

export interface LensAnswer {
  output: number;
  text: string;
  /** How it was defined. */
  is: string;
  /** (layers, positions): how many outputs are more probable. */
  rank: Int32Array;
  probability: Float32Array;
  /** By position: the layer from which on it is the most probable output, -1 for none. */
  depth: Int32Array;
}

/** One of the outputs that the head finds probable. */
export interface LensReading {
  text: string;
  probability: number;
}

/** What is read in one layer (by index) at one place among the positions, the most probable first. */
export function readingsAt(lens: Lens, layer: number, place: number): LensReading[] {
  const start = (layer * lens.positions.length + place) * lens.kept;
  return Array.from({ length: lens.kept }, (_, index) => ({
    text: lens.words.get(lens.outputs[start + index]) ?? "",
    probability: lens.probabilities[start + index],
  }));
}

export function bestAt(lens: Lens, layer: number, place: number): LensReading {
  return readingsAt(lens, layer, place)[0];
}

/** The number that the colour of each (layer, position) says; NaN where there is none. */
export function lensValues(lens: Lens, colour: LensColour): Float32Array {
  const { answer, kept, layers } = lens;
  const count = lens.positions.length;
  const values = new Float32Array(layers.length * count).fill(NaN);
  for (let cell = 0; cell < values.length; cell++) {
    if (colour === "probability") values[cell] = lens.probabilities[cell * kept];
    else if (colour === "depth") values[cell] = lens.settledDepth[cell % count];
    else if (answer) values[cell] = colour === "rank" ? answer.rank[cell] + 1 : answer.probability[cell];
  }
  return values;
}

/** The change of those numbers from one checkpoint to another; both have the same tokens and layers. */
export function lensChange(before: Lens, after: Lens, colour: LensColour): Float32Array {
  const [from, to] = [lensValues(before, colour), lensValues(after, colour)];
  return to.map((value, cell) => value - from[cell]);
}

/** Whether the lenses of two checkpoints have the same cells. */
export function sameCells(one: Lens, other: Lens): boolean {
  const key = ({ sequence, layers, positions }: Lens) => JSON.stringify([sequence, layers, positions]);
  return key(one) === key(other);
}

/** One scale for all lenses that stand side by side. */
export function lensScale(values: readonly Float32Array[], colour: LensColour, layers: readonly number[], difference: boolean): Scale {
  if (difference) return divergingScale([...values]);
  if (colour === "depth") return { low: layers[0], high: Math.max(layers[layers.length - 1], layers[0] + 1), diverging: false };
  if (colour === "rank") {
    const high = Math.max(range(...values)?.[1] ?? 1, 2);
    return rescaled({ low: 1, high, diverging: false }, [...values, [1, high]], "log");
  }
  if (colour === "probability") return { low: 0, high: 1, diverging: false };
  return sequentialScale([...values], true);
}

/** Places among the positions whose tokens are asked for. */
export function lensPlaces(lens: Lens, modality: readonly string[], rows: LensRows): number[] {
  const all = lens.positions.map((_, place) => place);
  if (rows === "all") return all;
  const found = all.filter((place) => (modality[lens.positions[place]] === "image") === (rows === "patches"));
  return found.length > 0 ? found : all;
}

/** The token to begin with: the last one of the prompt, in whose place the answer is said. */
export function firstPlace(lens: Lens, modality: readonly string[]): number {
  const given = lens.positions.map((position) => modality[position] !== "generated").lastIndexOf(true);
  return given < 0 ? lens.positions.length - 1 : given;
}

/** By layer, how many of these places have settled: as a share of them. */
export function settledShares(lens: Lens, places: readonly number[]): number[] {
  return lens.layers.map((layer) => places.filter((place) => lens.settledDepth[place] <= layer).length / places.length);
}
