/** Which examples the list shows. */

import type { ExampleSummary } from "../schema";
import { nearest } from "./blocks";

export type ExampleFilter = "all" | "correct" | "wrong" | "flipped";

export interface Outcome {
  prediction: string | null;
  correct: boolean | null;
}

const UNKNOWN: Outcome = { prediction: null, correct: null };

/** What became of the example at the logged step nearest to the wanted one (null: the last). */
export function outcomeAt(example: ExampleSummary | undefined, wanted: number | null): Outcome {
  if (!example?.steps.length) return UNKNOWN;
  const index = example.steps.indexOf(wanted === null ? example.steps.at(-1)! : nearest(example.steps, wanted));
  return { prediction: example.predictions[index], correct: example.correct[index] };
}

/** Whether the two checkpoints disagree on it. */
export function flipped(a: Outcome, b: Outcome): boolean {
  return a.correct !== null && b.correct !== null
    ? a.correct !== b.correct
    : a.prediction !== null && b.prediction !== null && a.prediction !== b.prediction;
}

/** The examples that pass the filter and hold every word of the search. */
export function filterExamples(
  examples: readonly ExampleSummary[],
  filter: ExampleFilter,
  search: string,
  outcomeOfA: (example: ExampleSummary) => Outcome,
  outcomeOfB: (example: ExampleSummary) => Outcome,
): ExampleSummary[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return examples.filter((example) => {
    const a = outcomeOfA(example);
    if (filter === "correct" && a.correct !== true) return false;
    if (filter === "wrong" && a.correct !== false) return false;
    if (filter === "flipped" && !flipped(a, outcomeOfB(example))) return false;
    const text = [example.tag, example.text, example.target, a.prediction].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
