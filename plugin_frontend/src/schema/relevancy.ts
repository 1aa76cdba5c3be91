/** Relevancy maps and what was measured of them. */

/** Are the most relevant tokens removed first, or the least? */
export type Order = "positive" | "negative";

/** A map of relevancy: what it explains and of which sequences' tokens it speaks. */
export interface RelevancyMap {
  number: number;
  method: string;
  title: string;
  description: string;
  target: string;
  /** Where what is explained is a generated token, its position in the sequence that grew. */
  position: number | null;
  sequences: string[];
}

/** What became of the example as tokens were taken away in the order of a map. */
export interface PerturbationTest {
  number: number;
  method: string;
  title: string;
  order: Order;
  sequence: string;
  metric: string;
  target: string;
  fractions: number[];
  values: (number | null)[];
  /** Positions of the tokens in the order in which they go. */
  removal: number[];
  /** How many of them have gone at each fraction. */
  removed: number[];
  /** What the model said at each fraction; empty where nobody knows. */
  answers: string[];
}

/** Scores of the tokens by name of their sequence, map by map. */
export type RelevancyScores = Map<string, Float32Array>[];

/** How much a map changed, by one measure: null where there is nothing to compare with. */
export interface DriftMeasure {
  name: string;
  title: string;
  description: string;
  previous: (number | null)[];
  last: (number | null)[];
}

export interface Drift {
  steps: number[];
  measures: DriftMeasure[];
}

/** One number over samples at each step. */
export interface Measure {
  name: string;
  title: string;
  description: string;
  unit: string;
  /** Whose maps; empty where it is not of maps. */
  method: string;
  method_title: string;
  values: (number | null)[];
  standard_errors: (number | null)[];
  samples: number[];
}

/** A metric over the share of tokens removed, at each step; null where a step has none. */
export interface PerturbationCurve {
  method: string;
  method_title: string;
  order: Order;
  modality: string;
  metric: string;
  fractions: number[];
  means: ((number | null)[] | null)[];
  standard_errors: ((number | null)[] | null)[];
  areas: (number | null)[];
  samples: number[];
}

export interface Evaluation {
  tag: string;
  /** What is wrong with some of its events, if anything is. */
  problem: string | null;
  steps: number[];
  measures: Measure[];
  curves: PerturbationCurve[];
}

export interface Evaluations {
  run: string;
  version: string;
  evaluations: Evaluation[];
}
