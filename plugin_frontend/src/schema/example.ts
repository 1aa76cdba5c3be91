/** Runs, examples and what was logged of one at a step. */

import type { PerturbationTest, RelevancyMap } from "./relevancy";

export type Modality = "text" | "image" | "special" | "padding" | "generated";

/** `[x0, y0, x1, y1]` as fractions of the image, row 0 at the top. */
export type Box = readonly [number, number, number, number];

export interface RunSummary {
  run: string;
  tags: number;
  last_step: number;
}

export interface Runs {
  logdir: string;
  version: string;
  runs: RunSummary[];
}

export interface ExampleSummary {
  tag: string;
  text: string;
  target: string | null;
  image: string | null;
  /** What is wrong with its data, if anything is. */
  problem?: string | null;
  steps: number[];
  predictions: (string | null)[];
  correct: (boolean | null)[];
  /** The user's own values by name, one per step. */
  fields: Record<string, (string | number | boolean | null)[]>;
  target_boxes: Box[];
}

export interface Examples {
  run: string;
  version: string;
  steps: number[];
  examples: ExampleSummary[];
}

/** An example on which two checkpoints disagree. */
export interface Flip {
  tag: string;
  text: string;
  prediction: string | null;
  other_prediction: string | null;
  correct: boolean | null;
  other_correct: boolean | null;
  /** How much what the model looks at moved, in nats; null where that can't be told. */
  change: number | null;
}

export interface Flips {
  /** What `change` is, in a sentence. */
  measure: string;
  flips: Flip[];
}

export interface ImageReference {
  id: string;
  width: number;
  height: number;
}

export interface TokenSequence {
  name: string;
  tokens: string[];
  modality: Modality[];
  boxes: (Box | null)[];
  image_index: number[];
}

export interface Statistic {
  name: string;
  title: string;
  unit: string;
  description: string;
  custom: boolean;
}

export interface AttentionBlock {
  name: string;
  kind: "self" | "cross";
  query: string;
  key: string;
  layers: number[];
  heads: number;
  /** Positions of the queries and keys whose weights were logged; null for all of them. */
  rows: number[] | null;
  keys: number[] | null;
  /** Layers and heads whose weights were logged; statistics cover all. */
  weight_layers: number[];
  weight_heads: number[];
  statistics: Statistic[];
}

export interface HiddenStates {
  sequence: string;
  layers: number[];
  features: number;
}

export interface Manifest {
  run: string;
  tag: string;
  step: number;
  wall_time: number;
  schema_version: number;
  text: string;
  prediction: string | null;
  target: string | null;
  correct: boolean | null;
  fields: Record<string, string | number | boolean | null>;
  provenance: Record<string, string>;
  left_out: string[];
  images: ImageReference[];
  target_boxes: Box[];
  sequences: TokenSequence[];
  attention: AttentionBlock[];
  hidden_states: HiddenStates[];
  /** Sequences whose hidden states the output head has read. */
  logit_lens: { sequence: string; layers: number[] }[];
  relevancy: RelevancyMap[];
  perturbation: PerturbationTest[];
}
