/** Comparing two checkpoints. */

import type { AttentionBlock, Manifest } from "../schema";

/** `b - a`, entry by entry. NaN where either is not defined. */
export function difference(b: Float32Array, a: Float32Array): Float32Array {
  if (a.length !== b.length) throw new Error(`Can't subtract ${a.length} values from ${b.length}.`);
  return b.map((value, index) => value - a[index]);
}

/** Why attention of the two can't be subtracted, or null where it can. */
export function tokenMismatch(a: Manifest, b: Manifest): string | null {
  for (const sequence of a.sequences) {
    const other = b.sequences.find(({ name }) => name === sequence.name);
    if (!other) return `B has no ${sequence.name} tokens.`;
    if (other.tokens.length !== sequence.tokens.length) {
      return `A has ${sequence.tokens.length} ${sequence.name} tokens, B has ${other.tokens.length}.`;
    }
    const position = sequence.tokens.findIndex((token, index) => token !== other.tokens[index]);
    if (position >= 0) {
      return (
        `${sequence.name} token ${position} is “${sequence.tokens[position]}” in A` +
        ` and “${other.tokens[position]}” in B.`
      );
    }
  }
  return null;
}

/** Why statistics of the two blocks can't be subtracted, or null where they can. */
export function blockMismatch(a: AttentionBlock, b: AttentionBlock | undefined): string | null {
  if (!b) return `B has no block ${a.name}.`;
  if (a.heads !== b.heads) return `${a.name} has ${a.heads} heads in A and ${b.heads} in B.`;
  if (a.layers.join() !== b.layers.join()) return `A and B logged different layers of ${a.name}.`;
  return null;
}
