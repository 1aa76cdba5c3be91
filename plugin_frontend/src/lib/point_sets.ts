/**
 * Sets of points by their tokens, so that they stay the same at every step, layer and method: one text
 * per example and sequence, `0-4,9|text|val/0007`.
 */

import { readNumbers, writeNumbers } from "./number_set";
import { groupOf, numberOf, sequenceOf, tagOf, type Grouped } from "./points";

export type PointSet = readonly string[];

/** The points as a set. */
export function writeSet(projection: Grouped, points: Iterable<number>): PointSet {
  const ordered = Uint32Array.from(points).sort();
  const written: string[] = [];
  let numbers: number[] = [];
  let group = -1;
  const finish = () => {
    if (numbers.length > 0) written.push(entry(numbers, sequenceOf(projection, group), tagOf(projection, group)));
    numbers = [];
  };
  for (const point of ordered) {
    if (group < 0 || point >= projection.starts[group + 1]) {
      finish();
      group = groupOf(projection, point);
    }
    numbers.push(numberOf(projection, point));
  }
  finish();
  return written;
}

/** 1 for every point that is in the set. */
export function members(projection: Grouped, set: PointSet): Uint8Array {
  const found = new Uint8Array(projection.count);
  if (set.length === 0) return found;
  const wanted = new Map<string, Set<number>>();
  for (const written of set) {
    const read = parse(written);
    if (read) wanted.set(`${read.sequence}|${read.tag}`, new Set(read.numbers));
  }
  const { starts } = projection;
  for (let group = 0; group < starts.length - 1; group++) {
    const numbers = wanted.get(`${sequenceOf(projection, group)}|${tagOf(projection, group)}`);
    if (!numbers) continue;
    for (let point = starts[group]; point < starts[group + 1]; point++) {
      if (numbers.has(numberOf(projection, point))) found[point] = 1;
    }
  }
  return found;
}

/** How many points the set has, whether or not they are shown. */
export function sizeOfSet(set: PointSet): number {
  return set.reduce((sum, written) => sum + (parse(written)?.numbers.length ?? 0), 0);
}

/** What is in one of the two. */
export function united(first: PointSet, second: PointSet): PointSet {
  const numbers = new Map<string, number[]>();
  for (const written of [...first, ...second]) {
    const read = parse(written);
    if (!read) continue;
    const key = `${read.sequence}|${read.tag}`;
    numbers.set(key, [...(numbers.get(key) ?? []), ...read.numbers]);
  }
  return [...numbers].map(([key, all]) => `${writeNumbers(all)}|${key}`);
}

function entry(numbers: readonly number[], sequence: string, tag: string): string {
  return `${writeNumbers(numbers)}|${sequence}|${tag}`;
}

function parse(written: string): { numbers: readonly number[]; sequence: string; tag: string } | null {
  const [, digits, sequence, tag] = /^([^|]*)\|([^|]*)\|(.*)$/s.exec(written) ?? [];
  const numbers = digits === undefined ? null : readNumbers(digits);
  return numbers && { numbers, sequence, tag };
}
