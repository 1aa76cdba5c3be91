/** Which tokens of a sequence are worth going through one by one. */

import type { AttentionBlock, TokenSequence } from "../schema";
import type { Role } from "./selection";

/**
 * The generated tokens where there are any; else those like the chosen ones: patches, or words. Those
 * whose attention was not logged are left out.
 */
export function playableTokens(
  { tokens, modality, boxes }: TokenSequence,
  block: AttentionBlock,
  chosen: readonly number[],
  role: Role,
): number[] {
  const logged = role === "query" ? block.rows : block.keys;
  const kept = logged === null ? null : new Set(logged);
  const every = [...tokens.keys()].filter((token) => (kept?.has(token) ?? true) && modality[token] !== "padding");
  const generated = every.filter((token) => modality[token] === "generated");
  if (generated.length > 1) return generated;
  const patches = chosen.length > 0 && chosen.every((token) => boxes[token] !== null);
  return every.filter((token) => (boxes[token] !== null) === patches);
}
