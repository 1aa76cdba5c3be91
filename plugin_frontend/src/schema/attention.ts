/** Attention weights. */

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
  /** As of a single request for each. */
  quantisationError: Float32Array;
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
