/** Heads as links name them: "layer.head" within a block, "block:layer.head" among all. */

import type { Head } from "./selection";

export interface HeadOfLayer {
  layer: number;
  head: number;
}

export function headName({ layer, head }: HeadOfLayer): string {
  return `${layer}.${head}`;
}

/** The head of that name, or null. */
export function parseHead(name: string): HeadOfLayer | null {
  const [, layer, head] = /^(\d+)\.(\d+)$/.exec(name) ?? [];
  return head === undefined ? null : { layer: Number(layer), head: Number(head) };
}

export function headKey(block: string, { layer, head }: HeadOfLayer): string {
  return `${block}:${layer}.${head}`;
}

/** Without `keys` where all of them are picked, else with all of them. */
export function toggled(picked: readonly string[], keys: readonly string[]): string[] {
  const among = new Set(keys);
  const rest = picked.filter((key) => !among.has(key));
  return picked.length - rest.length === among.size ? rest : [...rest, ...among];
}

/** All heads between two of a block, layers as the block numbers them; both included. */
export function headsBetween(layers: readonly number[], from: HeadOfLayer, to: HeadOfLayer): HeadOfLayer[] {
  const [low, high] = [Math.min(from.layer, to.layer), Math.max(from.layer, to.layer)];
  const [first, last] = [Math.min(from.head, to.head), Math.max(from.head, to.head)];
  return layers
    .filter((layer) => layer >= low && layer <= high)
    .flatMap((layer) => Array.from({ length: last - first + 1 }, (_, index) => ({ layer, head: first + index })));
}

/** A head, or the mean of all, as it is called. */
export function nameOf(head: Head, heads: number): string {
  return head === "mean" ? `mean of ${heads} heads` : `head ${head}`;
}
