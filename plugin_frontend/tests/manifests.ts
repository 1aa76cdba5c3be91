/** Small manifests of the structures that the page has to cope with. */

import type { AttentionBlock, Box, Manifest, Modality, PerturbationTest, RelevancyMap, TokenSequence } from "../src/schema";

const QUARTERS: Box[] = [
  [0, 0, 0.5, 0.5],
  [0.5, 0, 1, 0.5],
  [0, 0.5, 0.5, 1],
  [0.5, 0.5, 1, 1],
];

const words: TokenSequence = {
  name: "text",
  tokens: ["[CLS]", "which", "tile", "?", "[SEP]"],
  modality: ["special", "text", "text", "text", "special"],
  boxes: [null, null, null, null, null],
  image_index: [-1, -1, -1, -1, -1],
};

const patches: TokenSequence = {
  name: "image",
  tokens: ["0", "1", "2", "3"],
  modality: ["image", "image", "image", "image"],
  boxes: QUARTERS,
  image_index: [0, 0, 0, 0],
};

export function block(name: string, query: string, key: string, layers: number[]): AttentionBlock {
  const kind = query === key ? "self" : "cross";
  return {
    name,
    kind,
    query,
    key,
    layers,
    heads: 4,
    rows: null,
    keys: null,
    weight_layers: layers,
    weight_heads: [0, 1, 2, 3],
    statistics: [],
  };
}

export function manifest(sequences: TokenSequence[], attention: AttentionBlock[]): Manifest {
  return {
    run: "run",
    tag: "val/0",
    step: 10,
    wall_time: 0,
    schema_version: 1,
    text: "which tile ?",
    prediction: null,
    target: null,
    correct: null,
    fields: {},
    provenance: {},
    left_out: [],
    images: [{ id: "0", width: 64, height: 64 }],
    target_boxes: [QUARTERS[3]],
    sequences,
    attention,
    hidden_states: [],
    relevancy: [],
    perturbation: [],
    logit_lens: [],
  };
}

/** Two streams that look at each other, as in LXMERT. */
export const coAttention = manifest(
  [words, patches],
  [
    block("language", "text", "text", [0]),
    block("vision", "image", "image", [0]),
    block("text_to_image", "text", "image", [1, 2]),
    block("image_to_text", "image", "text", [1, 2]),
    block("cross_language", "text", "text", [1, 2]),
    block("cross_vision", "image", "image", [1, 2]),
  ],
);

/** One stream of patches, then words, of which only the rows of words were kept. */
export const singleStream = manifest(
  [
    {
      name: "joint",
      tokens: [...patches.tokens, ...words.tokens],
      modality: [...patches.modality, ...words.modality] as Modality[],
      boxes: [...QUARTERS, ...words.boxes],
      image_index: [...patches.image_index, ...words.image_index],
    },
  ],
  [{ ...block("self", "joint", "joint", [0, 1, 2]), rows: [4, 5, 6, 7, 8] }],
);

/** A map of the method for the target, over the sequences of {@link coAttention}. */
export function relevancyMap(method: string, target: string, position: number | null = null): RelevancyMap {
  const title = `The ${method}`;
  return { number: 0, method, title, description: "", target, position, sequences: ["text", "image"] };
}

export function perturbationTest(change: Partial<PerturbationTest>): PerturbationTest {
  return {
    number: 0,
    method: "relevancy",
    title: "Relevancy",
    order: "positive",
    sequence: "image",
    metric: "accuracy",
    target: "red",
    fractions: [0, 1],
    values: [1, 0],
    removal: [3, 0, 2, 1],
    removed: [0, 4],
    answers: [],
    ...change,
  };
}
