/** The answers of the plugin's HTTP API, documented in vl_tb_plugin/plugin/http_api.md. */

export type Modality = "text" | "image" | "special" | "padding" | "generated";

/** Are the most relevant tokens removed first, or the least? */
export type Order = "positive" | "negative";

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

export interface AttentionWeights {
  weights: Float32Array;
  /** Bound on the error of each weight, from storing it in fewer bits. */
  quantisationError: number;
  /** Positions of the keys that are sinks, where that was asked for. */
  sinks: number[];
}

/** The same tokens' weights in several heads or layers. */
export interface AttentionGallery {
  /** Numbers of the heads or layers. */
  items: number[];
  weights: Float32Array[];
  /** What the weights of each sum up to on the image and inside the target boxes; NaN where there are none. */
  imageMass: Float32Array;
  targetMass: Float32Array;
  quantisationError: number;
}

/** A part of a head's matrix: a cell holds the largest of the weights in it. */
export interface MatrixTile {
  rows: number;
  columns: number;
  /** `round(255 sqrt(p))`, row by row. */
  weights: Uint8Array;
  /** 1 for rows and columns of which something was logged. */
  logged: Uint8Array;
  loggedKeys: Uint8Array;
  /** Where the tile covers the whole matrix: how many of its logged weights have each code. */
  counts: Int32Array | null;
}

/** Hidden states of one layer at one step as points in a plane or in space. */
export interface Projection {
  tags: string[];
  sequences: string[];
  modalities: Modality[];
  method: string;
  components: number;
  /** Titles of the axes. */
  axes: string[];
  /** Shares; only of principal components. */
  explainedVariance: number[] | null;
  /** Smallest and largest coordinate of each axis over everything that the projection was fitted on. */
  extent: [number, number][];
  fittedOn: { points: number; of: number; sampled: boolean; steps: number; runs: string[]; layers: number[] };
  parameters: Record<string, string | number | boolean | null>;
  /** How steps, layers and runs were made comparable, a sentence. */
  alignment: string;
  count: number;
  /** (points, components) */
  positions: Float32Array;
  /** Position in the sequence; -1 for the mean of the tokens of a modality. */
  token: Int32Array;
  modality: Uint8Array;
  /** (groups, 3): index of the example's tag, index of the sequence, number of points. */
  groups: Int32Array;
  /** Where the points of each group begin, and at last where they end. */
  starts: Int32Array;
}

/** Where some tokens lie at every step, or in every layer: (tokens, places, components), NaN where not logged. */
export interface ProjectionTrail {
  tag: string;
  sequence: string;
  tokens: readonly number[];
  places: number[];
  components: number;
  positions: Float32Array;
}

/** A long computation of the server's. */
export interface Job {
  id: string;
  title: string;
  state: "waiting" | "running" | "done" | "failed" | "cancelled";
  /** 0 to 1. */
  progress: number;
  message: string;
  seconds: number;
  error: string | null;
  /** How many are done before one that waits. */
  before: number;
}

/** A token of any example: what it is, and where it lies where it has a place. */
export interface DescribedToken {
  tag: string;
  sequence: string;
  token: number;
  text: string;
  modality: Modality;
  box: Box | null;
  image: string | null;
}

/** A token near another one, in the space of a layer's hidden states. */
export interface Neighbour extends DescribedToken {
  distance: number;
}

export interface LayerNeighbours {
  layer: number;
  metric: "cosine" | "l2";
  /** Tokens searched. */
  points: number;
  neighbours: Neighbour[];
}

/** Tokens whose neighbours are searched, and among which: "all", or a modality. */
export interface KindPair {
  from: string;
  to: string;
}

/** Which neighbourhoods were compared. */
export interface Neighbourhoods {
  layer: number;
  metric: "cosine" | "l2";
  count: number;
  /** How many tokens of how many examples, in a sentence. */
  note: string;
}

/** A token by how many of its neighbours are other ones, and how far the old ones are, by kind of neighbour. */
export interface ChurnedToken extends DescribedToken {
  churn: Record<string, number | null>;
  farther: Record<string, number | null>;
}

export interface Churn extends Neighbourhoods {
  interval: string;
  pairs: (KindPair & {
    churn: number;
    low: number | null;
    high: number | null;
    unrelated: number;
    tokens: number;
    examples: number;
  })[];
  changed: ChurnedToken[];
  example?: ChurnedToken[];
}

/** One number per step, null where there is nothing to compare with. */
export interface ChurnCurve {
  churn: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
}

export interface ChurnHistory extends Neighbourhoods {
  run: string;
  interval: string;
  steps: number[];
  of_steps: number;
  pairs: (KindPair & { previous: ChurnCurve; first: ChurnCurve; last: ChurnCurve })[];
}

export interface Hub extends DescribedToken {
  /** In how many neighbourhoods it is. */
  times: number;
}

export interface Hubness extends Neighbourhoods {
  pairs: (KindPair & {
    tokens: number;
    candidates: number;
    skewness: number | null;
    orphans: number | null;
    mean: number;
    hubs: Hub[];
  })[];
}

/** A token by layer; null where a number is not defined or its weights were not logged. */
export interface TokenDetails {
  text: string;
  modality: Modality;
  norms: { layers: number[]; values: (number | null)[] };
  attention: {
    block: string;
    head: number | "mean";
    layers: number[];
    rows: number;
    received: (number | null)[];
    entropy: (number | null)[];
  } | null;
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

/** One number per layer and step; measures of one group share a scale. */
export interface GeometryMeasure {
  name: string;
  group: string;
  /** "text", "image" …; empty where the group has one measure. */
  part: string;
  title: string;
  unit: string;
  description: string;
}

/** How the hidden states of a stream lie: `values[(measure * steps + step) * layers + layer]`. */
export interface Geometry {
  measures: GeometryMeasure[];
  steps: number[];
  layers: number[];
  values: Float32Array;
  /** The largest absolute value and its feature: `[step * layers + layer]`. */
  largest: Float32Array;
  feature: Int32Array;
  /** Examples of each step, and of how many it was computed where that is not all. */
  samples: number[];
  sampled: ({ samples: number; of: number } | null)[];
}

/** How alike the layers of two checkpoints are: `cka[layer * otherLayers + other]`. */
export interface Cka {
  layers: number[];
  otherLayers: number[];
  cka: Float32Array;
  /** As first defined: too high where tokens are few. */
  biased: Float32Array;
  points: number;
  samples: number;
  of: number;
}

/** Each layer at each step with itself at the first step and at the one before: `[step * layers + layer]`. */
export interface CkaHistory {
  steps: number[];
  layers: number[];
  first: Float32Array;
  previous: Float32Array;
  points: number;
}
