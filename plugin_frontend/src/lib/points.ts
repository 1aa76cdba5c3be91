/** Which tokens the points of a projection are. Points lie in groups, one per example and sequence. */

import type { Modality, Projection } from "../schema";
import type { MarkShape } from "./scatter";

export const MODALITIES: readonly Modality[] = ["text", "image", "special", "generated", "padding"];

/** Which token of which example a point is; -1 where it is the mean of the tokens of its modality. */
export interface PointIdentity {
  tag: string;
  sequence: string;
  token: number;
}

/** How points of a modality look whatever their colour. */
export const SHAPES: Record<Modality, MarkShape> = {
  text: "circle",
  image: "square",
  special: "diamond",
  generated: "triangle",
  padding: "circle",
};

/** What is needed to tell whose points are whose. */
export type Grouped = Pick<Projection, "tags" | "sequences" | "groups" | "starts" | "token" | "modality" | "count">;

/** Where each group of (groups x 3) begins, and at last where they end. */
export function groupStarts(groups: Int32Array): Int32Array {
  const starts = new Int32Array(groups.length / 3 + 1);
  for (let group = 0; group < starts.length - 1; group++) starts[group + 1] = starts[group] + groups[3 * group + 2];
  return starts;
}

/** The group that the point lies in. */
export function groupOf({ starts }: Pick<Grouped, "starts">, point: number): number {
  let low = 0;
  let high = starts.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= point) low = middle;
    else high = middle - 1;
  }
  return low;
}

export function tagOf({ tags, groups }: Grouped, group: number): string {
  return tags[groups[3 * group]];
}

export function sequenceOf({ sequences, groups }: Grouped, group: number): string {
  return sequences[groups[3 * group + 1]];
}

export function identity(projection: Grouped, point: number): PointIdentity {
  const group = groupOf(projection, point);
  return {
    tag: tagOf(projection, group),
    sequence: sequenceOf(projection, group),
    token: projection.token[point],
  };
}

/** The group of that example and sequence, or -1. */
export function findGroup(projection: Pick<Grouped, "tags" | "sequences" | "groups">, tag: string, sequence: string): number {
  const [wantedTag, wantedSequence] = [projection.tags.indexOf(tag), projection.sequences.indexOf(sequence)];
  const { groups } = projection;
  for (let group = 0; 3 * group < groups.length; group++) {
    if (groups[3 * group] === wantedTag && groups[3 * group + 1] === wantedSequence) return group;
  }
  return -1;
}

/** The point of that token, or -1. */
export function findPoint(projection: Grouped, wanted: PointIdentity): number {
  const group = findGroup(projection, wanted.tag, wanted.sequence);
  if (group < 0) return -1;
  const { starts, token } = projection;
  for (let point = starts[group]; point < starts[group + 1]; point++) {
    if (token[point] === wanted.token) return point;
  }
  return -1;
}

/** What tells a point from the others of its group: its token; of a mean, its modality. */
export function numberOf({ token, modality }: Grouped, point: number): number {
  return token[point] >= 0 ? token[point] : modality[point];
}

/** For each point of `b` the point of the same token in `a`, or -1. */
export function counterparts(a: Grouped, b: Grouped): Int32Array {
  const groups = new Map<string, number>();
  for (let group = 0; group < a.starts.length - 1; group++) groups.set(keyOf(a, group), group);
  const found = new Int32Array(b.count).fill(-1);
  for (let group = 0; group < b.starts.length - 1; group++) {
    const other = groups.get(keyOf(b, group));
    if (other === undefined) continue;
    // Both lie in the order of their tokens, with others left out.
    let candidate = a.starts[other];
    const end = a.starts[other + 1];
    for (let point = b.starts[group]; point < b.starts[group + 1]; point++) {
      while (candidate < end && numberOf(a, candidate) < numberOf(b, point)) candidate += 1;
      if (candidate < end && numberOf(a, candidate) === numberOf(b, point)) found[point] = candidate;
    }
  }
  return found;
}

function keyOf(projection: Grouped, group: number): string {
  return `${sequenceOf(projection, group)} ${tagOf(projection, group)}`;
}
