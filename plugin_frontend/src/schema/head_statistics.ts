/** Statistics of heads, of an example and over cohorts of samples. */

/** Statistics of one block: `values[(statistic * layers + layer) * heads + head]`. */
export interface BlockStatistics {
  statistics: string[];
  layers: number;
  heads: number;
  values: Float32Array;
  layerMean: Float32Array;
  /** Of means over samples: bounds of their intervals (NaN where there are too few samples), and how many. */
  low?: Float32Array;
  high?: Float32Array;
  samples?: Int32Array;
  /** Of changes: 1 where they are not put down to chance. */
  beyondChance?: Uint8Array;
}

/** Samples that have something in common, as a run logged them at one step. */
export interface Cohort {
  name: string;
  title: string;
  samples: number;
}

/** Means over the samples of a cohort. */
export interface CohortStatistics extends BlockStatistics {
  /** How many samples the cohort has. */
  size: number;
  /** How the bounds were found, a sentence. */
  interval: string;
}

/** B - A, averaged over the samples of a cohort that both logged. */
export interface CohortDifference extends BlockStatistics {
  /** The mean change in standard deviations of the changes. */
  effect: Float32Array;
  /** How many samples both have. */
  size: number;
  /** What decides on chance, a sentence. */
  test: string;
}

/** Head statistics of the same samples at every step: arrays over statistics, steps, layers, heads. */
export interface CohortHistory {
  statistics: string[];
  steps: number[];
  layers: number;
  heads: number;
  mean: Float32Array;
  low: Float32Array;
  high: Float32Array;
  /** Over statistics, steps, layers. */
  layerMean: Float32Array;
  /** Over statistics, layers, heads: index of the step at which the head emerges, -1 where it does not. */
  emergence: Int32Array;
  emergenceRule: string;
}

/** How alike the heads of a block look at things. */
export interface HeadSimilarity {
  block: string;
  layer: Int32Array;
  head: Int32Array;
  cluster: Int32Array;
  /** The heads as the leaves of a dendrogram. */
  order: Int32Array;
  /** Mean Jensen-Shannon divergence in nats, row by row: heads x heads. */
  divergence: Float32Array;
  samples: number;
  /** How many distributions of attention were compared. */
  rows: number;
  note: string;
}

/** Which head of B is most like which of A; each of B's once. */
export interface HeadMatching {
  block: string;
  layer: Int32Array;
  head: Int32Array;
  otherLayer: Int32Array;
  otherHead: Int32Array;
  divergence: Float32Array;
  /** To B's head of the same number. */
  identityDivergence: Float32Array;
  samples: number;
  rows: number;
}
