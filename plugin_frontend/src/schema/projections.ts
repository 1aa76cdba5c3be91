/** Projections of hidden states, and the jobs that the server does in the background. */

import type { Modality } from "./example";

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
