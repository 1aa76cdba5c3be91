/** What became of examples at a checkpoint. */

import type { ExampleSummary } from "../schema";
import { nearest } from "./blocks";

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
