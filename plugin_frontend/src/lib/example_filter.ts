/** Which examples pass a filter: by outcome, or by a field of the user's own. */

import type { ExampleSummary } from "../schema";
import { nearest } from "./blocks";

/** `all`, `correct`, `wrong`, `flipped`, or `field:<name>=<value>`; numbers are `low` or `high`. */
export type ExampleFilter = string;

export const OUTCOME_FILTERS = ["all", "correct", "wrong", "flipped"] as const;

export type FieldValue = string | number | boolean | null;

/** Fields with more values than this are no groups. */
const MOST_VALUES = 12;

export interface FieldGroup {
  name: string;
  /** As they stand in a filter. */
  values: string[];
}

/** The field at the logged step nearest to the wanted one (null: the last). */
export function fieldAt(example: ExampleSummary, name: string, wanted: number | null): FieldValue {
  const { steps } = example;
  if (steps.length === 0) return null;
  const index = steps.indexOf(wanted === null ? steps.at(-1)! : nearest(steps, wanted));
  return example.fields[name]?.[index] ?? null;
}

/** Names of the fields that any example has, in order. */
export function fieldNames(examples: readonly ExampleSummary[]): string[] {
  return [...new Set(examples.flatMap(({ fields }) => Object.keys(fields)))].sort();
}

/** The groups that fields divide the examples into: by value, numbers at their median. */
export function fieldGroups(examples: readonly ExampleSummary[], wanted: number | null): FieldGroup[] {
  return fieldNames(examples).flatMap((name) => {
    const values = examples.map((example) => fieldAt(example, name, wanted)).filter((value) => value !== null);
    const different = [...new Set(values)];
    if (different.length < 2) return [];
    if (different.every((value) => typeof value === "number")) return [{ name, values: ["low", "high"] }];
    return different.length > MOST_VALUES ? [] : [{ name, values: different.map(String).sort() }];
  });
}

/** Whether an example is in the group that a `field:` filter names; null for any other filter. */
export function fieldTest(
  filter: ExampleFilter,
  examples: readonly ExampleSummary[],
  wanted: number | null,
): ((example: ExampleSummary) => boolean) | null {
  const [, name, value] = /^field:(.*?)=(.*)$/s.exec(filter) ?? [];
  if (name === undefined) return null;
  const numbers = examples.map((example) => fieldAt(example, name, wanted)).filter((one) => typeof one === "number");
  const middle = median(numbers);
  return (example) => {
    const own = fieldAt(example, name, wanted);
    if (typeof own !== "number") return own !== null && String(own) === value;
    return value === "high" ? own > middle : value === "low" && own <= middle;
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((first, second) => first - second);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
