/** Finding points by the text of their tokens. */

import type { Projection } from "../schema";
import { formatToken } from "./format";
import { findGroup, sequenceOf, tagOf, type Grouped } from "./points";

/** The text of every token of a step: each different word once. */
export interface TokenWords {
  tags: string[];
  sequences: string[];
  words: string[];
  /** (groups, 3): index of the example's tag, of the sequence, number of tokens, padding included. */
  groups: Int32Array;
  starts: Int32Array;
  /** Index of each token's word. */
  word: Int32Array;
}

/** Which words a search means: a regular expression, or where that is none, the letters as they stand. */
export function pattern(search: string): RegExp {
  try {
    return new RegExp(search, "iu");
  } catch {
    return new RegExp(search.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "iu");
  }
}

/**
 * 1 for every point whose token's text matches; null where nothing is searched for. Image tokens have numbers for
 * names, so that they are left out.
 */
export function matching(points: Grouped & Pick<Projection, "modalities">, words: TokenWords, search: string): Uint8Array | null {
  if (search === "") return null;
  const wanted = pattern(search);
  const hits = Uint8Array.from(words.words, (word) => Number(wanted.test(formatToken(word))));
  const found = new Uint8Array(points.count);
  const image = points.modalities.indexOf("image");
  eachGroup(points, words, (first, end, start, length) => {
    for (let point = first; point < end; point++) {
      const token = points.token[point];
      if (token >= 0 && token < length && points.modality[point] !== image) found[point] = hits[words.word[start + token]];
    }
  });
  return found;
}

/** The text of a token; null where it is not known. */
export function wordOf(words: TokenWords, tag: string, sequence: string, token: number): string | null {
  const group = findGroup(words, tag, sequence);
  if (group < 0 || token < 0 || token >= words.groups[3 * group + 2]) return null;
  return words.words[words.word[words.starts[group] + token]];
}

/** The next index after `current` that is 1, or the one before it, in a circle; -1 where there is none. */
export function nextHit(found: Uint8Array, current: number, distance: 1 | -1): number {
  const { length } = found;
  for (let tried = 1; tried <= length; tried++) {
    const point = (((current < 0 && distance < 0 ? 0 : current) + distance * tried) % length + length) % length;
    if (found[point]) return point;
  }
  return -1;
}

export function countHits(found: Uint8Array): number {
  let count = 0;
  for (let point = 0; point < found.length; point++) count += found[point];
  return count;
}

type Visit = (first: number, end: number, start: number, length: number) => void;

/** Goes over the groups that both have: their points, and where their tokens' words begin. */
function eachGroup(points: Grouped, words: TokenWords, visit: Visit): void {
  const known = new Map<string, number>();
  for (let group = 0; 3 * group < words.groups.length; group++) {
    known.set(`${words.sequences[words.groups[3 * group + 1]]}|${words.tags[words.groups[3 * group]]}`, group);
  }
  for (let group = 0; group < points.starts.length - 1; group++) {
    const there = known.get(`${sequenceOf(points, group)}|${tagOf(points, group)}`);
    if (there === undefined) continue;
    visit(points.starts[group], points.starts[group + 1], words.starts[there], words.groups[3 * there + 2]);
  }
}
