/** A head over the steps, cut out of the history of its block. */

import type { Head } from "../../lib/selection";
import { sameValues } from "../../lib/same_values";
import { range } from "../../lib/scale";
import type { CohortHistory } from "../../schema";

export interface OverSteps {
  steps: number[];
  values: number[];
  /** Bounds of the values' intervals; NaN where there are none. */
  low: number[];
  high: number[];
}

/** The values of one head (or the layer's mean, without bounds) at each step; NaN where not defined. */
export function headOverSteps(history: CohortHistory, statistic: string, layerIndex: number, head: Head): OverSteps {
  const { steps, layers, heads, mean, low, high, layerMean } = history;
  const place = history.statistics.indexOf(statistic);
  const known = place >= 0 && layerIndex < layers && (head === "mean" || head < heads);
  const read = (array: Float32Array | null, perLayer: number, offset: number) =>
    steps.map((_, step) =>
      known && array ? array[((place * steps.length + step) * layers + layerIndex) * perLayer + offset] : NaN,
    );
  if (head === "mean") {
    return { steps, values: read(layerMean, 1, 0), low: read(null, 1, 0), high: read(null, 1, 0) };
  }
  return { steps, values: read(mean, heads, head), low: read(low, heads, head), high: read(high, heads, head) };
}

/** The step at which the head emerges, or null. */
export function emergenceOf(history: CohortHistory, statistic: string, layerIndex: number, head: number): number | null {
  const { statistics, steps, layers, heads, emergence } = history;
  const index = emergence[(statistics.indexOf(statistic) * layers + layerIndex) * heads + head] ?? -1;
  return index < 0 ? null : steps[index];
}

/** Smallest and largest mean of the statistic, over all heads and steps. */
export function historyRange(history: CohortHistory, statistic: string): [number, number] | null {
  const place = history.statistics.indexOf(statistic);
  if (place < 0) return null;
  const size = history.steps.length * history.layers * history.heads;
  return range(history.mean.subarray(place * size, (place + 1) * size));
}

/** Whether two histories are of the same values: a run that stands on both sides is shown once. */
export function sameHistory(one: CohortHistory, other: CohortHistory): boolean {
  return one === other || (sameValues(one.steps, other.steps) && sameValues(one.mean, other.mean));
}
