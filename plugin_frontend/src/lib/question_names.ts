/** What a question about attention is called: its tokens, layers and heads. */

import type { TokenSequence } from "../schema";
import type { AttentionPart } from "./blocks";
import { formatPlace, formatToken } from "./format";
import { writeNumbers } from "./number_set";
import { phrase } from "./words";

/** Longer than this, words are counted. */
const LONGEST_PHRASE = 48;

/** “blue tile”, patch 3, 12 patches, “tile” and 12 patches. */
export function tokensName({ tokens, boxes, modality }: TokenSequence, chosen: readonly number[]): string {
  const isPlaced = (token: number) => boxes[token] !== null || modality[token] === "image";
  const placed = chosen.filter(isPlaced);
  const words = chosen.filter((token) => !isPlaced(token));
  return [words.length > 0 && wordsName(tokens, words), placed.length > 0 && placesName(tokens, placed)]
    .filter(Boolean)
    .join(" and ");
}

function wordsName(tokens: readonly string[], words: readonly number[]): string {
  const text = words.length === 1 ? formatToken(tokens[words[0]]) : phrase(tokens, words);
  return text.length > LONGEST_PHRASE ? `${words.length} words` : `“${text}”`;
}

function placesName(tokens: readonly string[], places: readonly number[]): string {
  if (places.length === 1) return formatPlace(tokens[places[0]]);
  const patches = places.every((token) => /^(patch )?\d+$/.test(tokens[token]));
  return `${places.length} ${patches ? "patches" : "image tokens"}`;
}

/** "layer 3", "mean of layers 2-5"; of one head where several are combined otherwise: said once, with the heads. */
export function layersName({ layers, heads, reduce }: AttentionPart): string {
  if (layers.length === 1) return `layer ${layers[0]}`;
  const several = heads !== "mean" && heads.length > 1;
  return several ? `layers ${listed(layers)}` : `${combined(reduce)} of layers ${listed(layers)}`;
}

/** "head 3", "mean of 12 heads", "largest of heads 0-11". */
export function headsName({ heads, reduce, block }: AttentionPart): string {
  if (heads === "mean") return `mean of ${block.heads} heads`;
  return heads.length === 1 ? `head ${heads[0]}` : `${combined(reduce)} of heads ${listed(heads)}`;
}

function combined(reduce: string): string {
  return reduce === "max" ? "largest" : "mean";
}

function listed(numbers: readonly number[]): string {
  return writeNumbers(numbers).replace(/,/g, ", ");
}
