/** Words made of sub-tokens, by the marks that tokenisers leave. */

import type { Modality } from "../schema";

/** SentencePiece's and byte-level encodings' space before a word. */
const SPACE = /^[▁Ġ ]/;
const CONTINUES = /^##/;
const LINE_BREAK = /^[ĊĉčĠ\s]*[Ċ\n]/;

type Tokens = readonly string[];

/** Positions of the word that the token is a piece of, itself included, ascending. */
export function wordAround(tokens: Tokens, modality: readonly Modality[], index: number): number[] {
  const joins = joining(tokens);
  const joined = (position: number) =>
    modality[position] === modality[index] && modality[position - 1] === modality[index] && joins(position);
  if (modality[index] !== "text" && modality[index] !== "generated") return [index];
  let first = index;
  while (first > 0 && joined(first)) first -= 1;
  let last = index;
  while (last + 1 < tokens.length && joined(last + 1)) last += 1;
  return Array.from({ length: last - first + 1 }, (_, place) => first + place);
}

/** The tokens as they are read: pieces joined, words apart, gaps as dots. */
export function phrase(tokens: Tokens, positions: readonly number[]): string {
  const joins = joining(tokens);
  let text = "";
  positions.forEach((position, place) => {
    const follows = place > 0 && positions[place - 1] === position - 1;
    if (place > 0) text += !follows ? " … " : joins(position) ? "" : " ";
    text += plain(tokens[position]);
  });
  return text.trim();
}

/** Whether the token at a position goes on with the word before it. */
function joining(tokens: Tokens): (position: number) => boolean {
  if (tokens.some((token) => CONTINUES.test(token))) return (position) => CONTINUES.test(tokens[position]);
  if (!tokens.some((token) => SPACE.test(token))) return () => false;
  return (position) => {
    const [before, token] = [tokens[position - 1] ?? "", tokens[position]];
    if (SPACE.test(token) || LINE_BREAK.test(token) || LINE_BREAK.test(before)) return false;
    // A bare space belongs to what follows it; punctuation stands for itself.
    return plain(before) === "" || (isSpelt(token) && isSpelt(before));
  };
}

function isSpelt(token: string): boolean {
  return /[\p{L}\p{N}]/u.test(plain(token));
}

function plain(token: string): string {
  return token.replace(CONTINUES, "").replace(/[▁Ġ]/g, " ").replace(/[Ċ\n]/g, "⏎").trim();
}
