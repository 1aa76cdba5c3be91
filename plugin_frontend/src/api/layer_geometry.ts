/** Layers: how their hidden states lie, how alike they are, and what the output head reads in them. */

import type { Lens } from "../lib/logit_lens";
import type { CkaTokens } from "../lib/selection";
import { floats, integers, shape } from "../lib/wire";
import type { Query } from "../loading";
import type { Cka, CkaHistory, Geometry } from "../schema";
import { binary, growing, type Place } from "./requests";

/** Lengths, dimensions and gaps of every layer at every step. */
export function geometry(run: string, sequence: string[], version: string): Query<Geometry> {
  return growing("geometry", { run, sequence }, version, (message) => ({
    measures: message.header.measures as Geometry["measures"],
    steps: message.header.steps as number[],
    layers: message.header.layers as number[],
    values: floats(message, "values"),
    largest: floats(message, "largest"),
    feature: integers(message, "feature"),
    samples: message.header.samples as number[],
    sampled: message.header.sampled as Geometry["sampled"],
  }));
}

/** How alike the layers of the first checkpoint are to those of the second. */
export function cka(
  [run, step]: readonly [string, number],
  [otherRun, otherStep]: readonly [string, number],
  tokens: CkaTokens,
  sequence: string[],
  version: string,
): Query<Cka> {
  const given = { run, step, other_run: otherRun, other_step: otherStep, tokens, sequence };
  return growing("cka", given, version, (message) => ({
    layers: message.header.layers as number[],
    otherLayers: message.header.other_layers as number[],
    cka: floats(message, "cka"),
    biased: floats(message, "cka_biased"),
    points: Number(message.header.points),
    samples: Number(message.header.samples),
    of: Number(message.header.of),
  }));
}

/** How far each layer has moved since the first step, and since the one before. */
export function ckaHistory(run: string, tokens: CkaTokens, sequence: string[], version: string): Query<CkaHistory> {
  return growing("cka_history", { run, tokens, sequence }, version, (message) => ({
    steps: message.header.steps as number[],
    layers: message.header.layers as number[],
    first: floats(message, "first"),
    previous: floats(message, "previous"),
    points: Number(message.header.points),
  }));
}

/** What the output head reads in every layer of an example. */
export function logitLens(place: Place): Query<Lens[]> {
  return binary("logit_lens", { ...place }, (message) =>
    (message.header.sequences as LensHeader[]).map((header, index) => {
      const name = (array: string) => `${index}/${array}`;
      const { answer, words } = header;
      return {
        sequence: header.sequence,
        layers: header.layers,
        positions: header.positions,
        kept: shape(message, name("outputs"))[2],
        outputs: integers(message, name("outputs")),
        probabilities: floats(message, name("probabilities")),
        words: new Map(Object.entries(words).map(([output, word]) => [Number(output), word])),
        settledDepth: integers(message, name("settled_depth")),
        answer: answer && {
          ...answer,
          rank: integers(message, name("answer_rank")),
          probability: floats(message, name("answer_probability")),
          depth: integers(message, name("answer_depth")),
        },
      };
    }),
  );
}

interface LensHeader {
  sequence: string;
  layers: number[];
  positions: number[];
  words: Record<string, string>;
  answer: { output: number; text: string; is: string } | null;
}
