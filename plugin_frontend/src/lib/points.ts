/** Points of a projection as the scatter plot wants them. */

import type { Modality, Projection } from "../schema";

export const MODALITIES: readonly Modality[] = ["text", "image", "special", "generated", "padding"];

export interface PointCloud {
  positions: Float32Array;
  kinds: Uint8Array;
  emphasis: Uint8Array;
}

/** Which token of which example a point is. */
export interface PointIdentity {
  tag: string;
  sequence: string;
  token: number;
}

export function identity(projection: Projection, point: number): PointIdentity {
  return {
    tag: projection.tags[projection.example[point]],
    sequence: projection.sequences[projection.sequence[point]],
    token: projection.token[point],
  };
}

/** Two components of every point; those of the example `tag` stand out. */
export function pointCloud(projection: Projection, axes: readonly [number, number], tag: string | null): PointCloud {
  const { count, positions, example, modality, modalities, tags } = projection;
  const kindOf = modalities.map((name) => Math.max(0, MODALITIES.indexOf(name)));
  const chosen = tag === null ? -1 : tags.indexOf(tag);
  return {
    positions: flat(count, (point, axis) => positions[3 * point + axes[axis]]),
    kinds: Uint8Array.from({ length: count }, (_, point) => kindOf[modality[point]]),
    emphasis: Uint8Array.from({ length: count }, (_, point) => Number(example[point] === chosen)),
  };
}

/** Lines from where the points of `b` lie in `a` to where they lie in `b`; others are left out. */
export function trails(a: Projection, b: Projection, axes: readonly [number, number], tag: string | null): PointCloud {
  const places = new Map<string, number>();
  for (let point = 0; point < a.count; point++) places.set(key(a, point), point);
  const pairs: [number, number][] = [];
  for (let point = 0; point < b.count; point++) {
    const before = places.get(key(b, point));
    if (before !== undefined) pairs.push([before, point]);
  }
  const all = pointCloud(b, axes, tag);
  const lines = new Float32Array(4 * pairs.length);
  pairs.forEach(([before, after], line) => {
    axes.forEach((axis, index) => {
      lines[4 * line + index] = a.positions[3 * before + axis];
      lines[4 * line + 2 + index] = b.positions[3 * after + axis];
    });
  });
  return {
    positions: lines,
    kinds: Uint8Array.from(pairs, ([, after]) => all.kinds[after]),
    emphasis: Uint8Array.from(pairs, ([, after]) => all.emphasis[after]),
  };
}

/** The point of that token, or -1. */
export function findPoint(projection: Projection, wanted: PointIdentity): number {
  const example = projection.tags.indexOf(wanted.tag);
  const sequence = projection.sequences.indexOf(wanted.sequence);
  for (let point = 0; point < projection.count; point++) {
    if (
      projection.token[point] === wanted.token &&
      projection.example[point] === example &&
      projection.sequence[point] === sequence
    ) {
      return point;
    }
  }
  return -1;
}

function key(projection: Projection, point: number): string {
  const { tag, sequence, token } = identity(projection, point);
  return `${token} ${sequence} ${tag}`;
}

function flat(count: number, valueAt: (point: number, axis: 0 | 1) => number): Float32Array {
  const values = new Float32Array(2 * count);
  for (let point = 0; point < count; point++) {
    values[2 * point] = valueAt(point, 0);
    values[2 * point + 1] = valueAt(point, 1);
  }
  return values;
}
