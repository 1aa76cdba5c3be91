/** Neighbours of a token, as they are shown. */

import type { Neighbour } from "../schema";

const LEAST = 0.85;
const MOST = 1.9;

/** The size of each neighbour's word: the nearest is largest, the farthest smallest. */
export function wordSizes(neighbours: readonly Neighbour[]): number[] {
  const distances = neighbours.map(({ distance }) => distance);
  const [near, far] = [Math.min(...distances), Math.max(...distances)];
  return distances.map((distance) => (far > near ? MOST - ((MOST - LEAST) * (distance - near)) / (far - near) : MOST));
}
