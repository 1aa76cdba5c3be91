/** The examples as rows of a table: joined with B's by tag, in any order. */

import type { ExampleSummary } from "../schema";
import { changesOf } from "./answer_strip";
import { fieldAt, fieldTest, type ExampleFilter, type FieldValue } from "./example_filter";
import { flipped, outcomeAt, type Outcome } from "./examples";

export interface ExampleRow {
  example: ExampleSummary;
  /** What became of it at A and at B. */
  a: Outcome;
  b: Outcome;
  /** The same example in B's run. */
  other: ExampleSummary | null;
}

/** The wanted steps of A and B; null: the last of each example. */
export function joined(
  examples: readonly ExampleSummary[],
  others: readonly ExampleSummary[],
  [stepA, stepB]: readonly [number | null, number | null],
): ExampleRow[] {
  const byTag = new Map(others.map((example) => [example.tag, example]));
  return examples.map((example) => {
    const other = byTag.get(example.tag) ?? null;
    return { example, other, a: outcomeAt(example, stepA), b: outcomeAt(other ?? undefined, stepB) };
  });
}

/** The rows that pass the filter (fields: at A's step) and hold every word of the search. */
export function filterRows(
  rows: readonly ExampleRow[],
  filter: ExampleFilter,
  search: string,
  wanted: number | null,
): ExampleRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const inGroup = fieldTest(filter, rows.map(({ example }) => example), wanted);
  return rows.filter(({ example, a, b }) => {
    if (inGroup && !inGroup(example)) return false;
    if (filter === "correct" && a.correct !== true) return false;
    if (filter === "wrong" && a.correct !== false) return false;
    if (filter === "flipped" && !flipped(a, b)) return false;
    const text = [example.tag, example.text, example.target, a.prediction].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** What a column is sorted by; `field:<name>` is one of the user's own. */
export function sortValue({ example, a, b }: ExampleRow, column: string, wanted: number | null): FieldValue {
  if (column.startsWith("field:")) return fieldAt(example, column.slice("field:".length), wanted);
  const values: Record<string, FieldValue> = {
    tag: example.tag,
    text: example.text,
    target: example.target,
    prediction: a.prediction,
    correct: a.correct,
    prediction_b: b.prediction,
    correct_b: b.correct,
    changes: changesOf(example),
  };
  return values[column] ?? null;
}

/** In the order that `sort` names: a column, after "-" downwards. What is unknown comes last. */
export function sorted(rows: readonly ExampleRow[], sort: string | null, wanted: number | null): ExampleRow[] {
  if (sort === null) return [...rows];
  const downwards = sort.startsWith("-");
  const column = downwards ? sort.slice(1) : sort;
  const keyed = rows.map((row) => ({ row, value: sortValue(row, column, wanted) }));
  keyed.sort((first, second) => {
    if (first.value === null || second.value === null) return Number(first.value === null) - Number(second.value === null);
    return (downwards ? -1 : 1) * compared(first.value, second.value);
  });
  return keyed.map(({ row }) => row);
}

const TEXTS = new Intl.Collator("en", { numeric: true });

function compared(first: string | number | boolean, second: string | number | boolean): number {
  const texts = typeof first === "string" || typeof second === "string";
  return texts ? TEXTS.compare(String(first), String(second)) : Number(first) - Number(second);
}

/** After a click on a column's title: upwards, downwards, as logged. */
export function nextSort(sort: string | null, column: string): string | null {
  return sort === column ? `-${column}` : sort === `-${column}` ? null : column;
}
