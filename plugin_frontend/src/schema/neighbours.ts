/** Neighbours of tokens, and what is known of one token. */

import type { Box, Modality } from "./example";

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
