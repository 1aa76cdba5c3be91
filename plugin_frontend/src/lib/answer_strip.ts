/** What was answered at every step, as a strip of cells: right or wrong, and where the answer changed. */

import type { ExampleSummary } from "../schema";

export interface StripCell {
  step: number;
  /** Not logged at that step. */
  missing: boolean;
  prediction: string | null;
  correct: boolean | null;
  /** The answer is another than at the step logged before. */
  changed: boolean;
  /** How many times it had changed until here. */
  answers: number;
}

type Answers = Pick<ExampleSummary, "steps" | "predictions" | "correct">;

/** One cell per step of the run, so that the strips of all examples share their axis. */
export function stripCells({ steps, predictions, correct }: Answers, axis: readonly number[]): StripCell[] {
  const places = new Map(steps.map((step, index) => [step, index]));
  let before: string | null = null;
  let answers = 0;
  return axis.map((step) => {
    const index = places.get(step);
    const prediction = index === undefined ? null : predictions[index];
    const changed = prediction !== null && before !== null && prediction !== before;
    if (changed) answers += 1;
    before = prediction ?? before;
    return {
      step,
      missing: index === undefined,
      prediction,
      correct: index === undefined ? null : correct[index],
      changed,
      answers,
    };
  });
}

/** How often the answer changed. */
export function changesOf({ predictions }: Pick<ExampleSummary, "predictions">): number {
  const known = predictions.filter((prediction) => prediction !== null);
  return known.filter((prediction, index) => index > 0 && prediction !== known[index - 1]).length;
}

/** The look of a cell. Where nobody knows whether it was right, answers alternate between two greys. */
export function cellKind({ missing, correct, answers }: StripCell): string {
  if (missing) return "missing";
  if (correct !== null) return correct ? "correct" : "wrong";
  return answers % 2 === 0 ? "unknown" : "unknown-other";
}

/** The strip in words. */
export function stripInWords(cells: readonly StripCell[], formatStep: (step: number) => string): string {
  const logged = cells.filter(({ missing }) => !missing);
  const right = logged.filter(({ correct }) => correct === true);
  const known = logged.some(({ correct }) => correct !== null);
  const changes = logged.filter(({ changed }) => changed).map(({ step }) => formatStep(step));
  const outcome = `correct at ${right.length} of ${logged.length} steps`;
  const first = right.length > 0 ? `, first at ${formatStep(right[0].step)}` : "";
  const often = changes.length === 0 ? "the same answer at every step" : `the answer changed at ${changes.join(", ")}`;
  return known ? `${outcome}${first}; ${often}` : often;
}
