/** How hidden states lie, layer by layer. */

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
