/** The drift of maps as lines of charts. */

import type { Line } from "../../elements/LineChart";
import { seriesFor, titleFor } from "../../relevancy";
import type { Drift, DriftMeasure } from "../../schema";
import { numbers } from "./evaluation";

export type Drifts = ReadonlyMap<string, Drift>;

/** The measures, each once. */
export function driftMeasures(drifts: readonly Drifts[]): DriftMeasure[] {
  const all = drifts.flatMap((byMethod) => [...byMethod.values()].flatMap(({ measures }) => measures));
  return all.filter(({ name }, index) => all.findIndex((other) => other.name === name) === index);
}

/** A line per method that has at least one value. */
export function driftLines(drifts: Drifts, measure: string, against: "previous" | "last"): Line[] {
  return [...drifts].flatMap(([method, { steps, measures }]): Line[] => {
    const values = numbers(measures.find(({ name }) => name === measure)?.[against] ?? []);
    if (values.every((value) => Number.isNaN(value))) return [];
    return [{ name: titleFor(method), steps, values, kind: "series", series: seriesFor(method) }];
  });
}
