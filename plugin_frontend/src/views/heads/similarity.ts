/** How alike heads are, in the order in which they are shown. */

import { difference } from "../../lib/difference";
import type { HeadOfLayer } from "../../lib/heads";
import type { ARRANGEMENTS } from "../../lib/selection";
import type { HeadMatching, HeadSimilarity } from "../../schema";

export type Arrangement = (typeof ARRANGEMENTS)[number];

export interface NearHead extends HeadOfLayer {
  cluster: number;
  divergence: number;
}

export interface Match {
  head: HeadOfLayer;
  other: HeadOfLayer;
  divergence: number;
  /** To the head of the same number. */
  identity: number;
}

/** Indices of the heads from the first row to the last. */
export function headOrder({ order, head }: HeadSimilarity, arranged: Arrangement): number[] {
  return arranged === "clusters" ? [...order] : [...head.keys()];
}

/** The square matrix with rows and columns in that order. */
export function inOrder(divergence: Float32Array, order: readonly number[]): Float32Array {
  const count = order.length;
  return Float32Array.from({ length: count * count }, (_, cell) => {
    return divergence[order[Math.floor(cell / count)] * count + order[cell % count]];
  });
}

/** `b - a` for the same heads; null where the two have different ones. */
export function similarityChange(a: HeadSimilarity, b: HeadSimilarity): HeadSimilarity | null {
  if (a.layer.join() !== b.layer.join() || a.head.join() !== b.head.join()) return null;
  return { ...a, divergence: difference(b.divergence, a.divergence) };
}

export function headAt({ layer, head }: HeadSimilarity, index: number): HeadOfLayer {
  return { layer: layer[index], head: head[index] };
}

/** The index of a head, or -1. */
export function indexOfHead(found: Pick<HeadSimilarity, "layer" | "head">, wanted: { layer: number | null; head: unknown } | null): number {
  return wanted ? found.layer.findIndex((layer, index) => layer === wanted.layer && found.head[index] === wanted.head) : -1;
}

/** The heads nearest to one, most alike first; of changes, those that changed most. */
export function nearestHeads(found: HeadSimilarity, index: number, asDifference: boolean, most: number): NearHead[] {
  const count = found.head.length;
  const others = [...found.head.keys()]
    .filter((other) => other !== index && !Number.isNaN(found.divergence[index * count + other]))
    .map((other) => ({ ...headAt(found, other), cluster: found.cluster[other], divergence: found.divergence[index * count + other] }));
  const sign = asDifference ? -1 : 1;
  others.sort((first, second) => sign * (Math.abs(first.divergence) - Math.abs(second.divergence)));
  return others.slice(0, most);
}

/** Who matches whom, best matches first. */
export function matches(found: HeadMatching): Match[] {
  const all = [...found.head.keys()].map((index) => ({
    head: { layer: found.layer[index], head: found.head[index] },
    other: { layer: found.otherLayer[index], head: found.otherHead[index] },
    divergence: found.divergence[index],
    identity: found.identityDivergence[index],
  }));
  return all.sort((first, second) => first.divergence - second.divergence);
}

/** How many heads of each layer of A match one of each layer of B: A's layers x B's layers. */
export function matchesByLayer(found: readonly Match[]): { layers: number[]; others: number[]; counts: Float32Array } {
  const sorted = (numbers: number[]) => [...new Set(numbers)].sort((first, second) => first - second);
  const layers = sorted(found.map(({ head }) => head.layer));
  const others = sorted(found.map(({ other }) => other.layer));
  const counts = new Float32Array(layers.length * others.length);
  for (const { head, other } of found) counts[layers.indexOf(head.layer) * others.length + others.indexOf(other.layer)] += 1;
  return { layers, others, counts };
}
