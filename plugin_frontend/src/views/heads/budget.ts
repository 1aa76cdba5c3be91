/** What heads spend their attention on, as parts to be drawn. */

import type { Line } from "../../elements/LineChart";
import type { Part } from "../../elements/StackedAreas";
import { difference } from "../../lib/difference";
import type { Series } from "../../lib/series";
import type { CohortHistory } from "../../schema";

type Look = Pick<Part, "name" | "colour" | "dotted">;

/** From the bottom to the top of the charts, by name of the statistic. */
const LOOKS: Record<string, Look> = {
  budget_image: { name: "image", colour: "var(--image)" },
  budget_prompt: { name: "prompt", colour: "var(--text)" },
  budget_generated: { name: "generated", colour: "var(--generated)" },
  budget_special: { name: "special", colour: "var(--special)" },
  budget_sink: { name: "sinks", colour: "var(--sink)", dotted: true },
};

/** Lines lie upon each other, so that their dashes differ where areas have an order. */
const DASHES = [null, "7 3", "2 3", "10 3 2 3", "1 3"];

export interface BudgetPart extends Look {
  statistic: string;
  /** As a line. */
  series: Series;
}

/** The parts that get any attention at all in one of the histories. */
export function partsSpent(histories: readonly CohortHistory[]): BudgetPart[] {
  return Object.entries(LOOKS).flatMap(([statistic, look], index) => {
    const spent = histories.some((history) => valuesOf(history, statistic)?.some((value) => value > 0));
    return spent ? [{ statistic, ...look, series: { colour: look.colour, dash: DASHES[index] } }] : [];
  });
}

/** Every layer at one step. */
export function budgetOfLayers(history: CohortHistory, parts: readonly BudgetPart[], step: number): Part[] {
  const place = history.steps.indexOf(step);
  return parts.map(({ statistic, series: _, ...look }) => {
    const values = valuesOf(history, statistic);
    const there = values?.subarray(place * history.layers, (place + 1) * history.layers);
    return { ...look, values: place < 0 || !there ? Array(history.layers).fill(NaN) : [...there] };
  });
}

/** Every step, in one layer (counted from 0) or in the mean of those layers that have a value. */
export function budgetOfSteps(history: CohortHistory, parts: readonly BudgetPart[], layer: number | "mean"): Part[] {
  const { layers, steps } = history;
  return parts.map(({ statistic, series: _, ...look }) => {
    const values = valuesOf(history, statistic);
    const at = (step: number) => [...(values?.subarray(step * layers, (step + 1) * layers) ?? [])];
    return { ...look, values: steps.map((_, step) => (layer === "mean" ? meanOfDefined(at(step)) : (at(step)[layer] ?? NaN))) };
  });
}

/** `b - a`, a line per part of what is `spent`, over the places that both have, in percentage points. */
export function budgetChange(
  spent: readonly BudgetPart[],
  a: { places: readonly number[]; parts: readonly Part[] },
  b: { places: readonly number[]; parts: readonly Part[] },
): Line[] {
  const places = a.places.filter((place) => b.places.includes(place));
  const pick = (from: readonly number[], values: readonly number[]) =>
    Float32Array.from(places, (place) => values[from.indexOf(place)]);
  return spent.map(({ name, series }, index) => {
    const change = difference(pick(b.places, b.parts[index].values), pick(a.places, a.parts[index].values));
    return { name, steps: places, values: [...change].map((share) => 100 * share), kind: "series", series };
  });
}

function valuesOf({ statistics, steps, layers, layerMean }: CohortHistory, name: string): Float32Array | null {
  const place = statistics.indexOf(name);
  const size = steps.length * layers;
  return place < 0 ? null : layerMean.subarray(place * size, (place + 1) * size);
}

function meanOfDefined(values: readonly number[]): number {
  const defined = values.filter((value) => !Number.isNaN(value));
  return defined.length === 0 ? NaN : defined.reduce((sum, value) => sum + value, 0) / defined.length;
}
