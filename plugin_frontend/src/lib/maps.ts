/** Which maps of relevancy there are, and which of them answers a question. */

import type { RelevancyMap } from "../schema";

/** What a map explains: a class, a word; `position` where that is a generated token. */
export interface Explained {
  target: string;
  position: number | null;
}

export interface Method {
  name: string;
  title: string;
  description: string;
}

/** The methods, each once, in the order in which they were logged. */
export function methodsOf(maps: readonly RelevancyMap[]): Method[] {
  const found = new Map<string, Method>();
  for (const { method: name, title, description } of maps) {
    if (!found.has(name)) found.set(name, { name, title, description });
  }
  return [...found.values()];
}

/** What is explained, each once; generated tokens in their order. */
export function explainedOf(maps: readonly RelevancyMap[]): Explained[] {
  const found = new Map<string, Explained>();
  for (const { target, position } of maps) found.set(`${position} ${target}`, { target, position });
  return [...found.values()].sort((first, second) => (first.position ?? -1) - (second.position ?? -1));
}

export function sameExplained(first: Explained | null, second: Explained | null): boolean {
  return first?.target === second?.target && first?.position === second?.position;
}

/**
 * The method's map of what is to be explained. Where that was not logged (an earlier checkpoint may
 * have answered otherwise): of the same target, of the same position, at last its first one.
 */
export function findMap<T extends RelevancyMap>(
  maps: readonly T[],
  method: string,
  wanted: Explained | null,
): T | null {
  const own = maps.filter((map) => map.method === method);
  return (
    own.find((map) => sameExplained(map, wanted)) ??
    own.find(({ target }) => target === wanted?.target) ??
    own.find(({ position }) => position !== null && position === wanted?.position) ??
    own[0] ??
    null
  );
}

/** Each score as a share of the map: divided by the sum of their sizes over all sequences. */
export function sharesOf(scores: ReadonlyMap<string, Float32Array>): Map<string, Float32Array> {
  let total = 0;
  for (const values of scores.values()) for (const value of values) total += Math.abs(value) || 0;
  return new Map([...scores].map(([name, values]) => [name, values.map((value) => value / (total || 1))]));
}
