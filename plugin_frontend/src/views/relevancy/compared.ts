/** What each side of the page is measured by, without saying the same thing twice. */

import { exampleOf, runOf, stepOf } from "../../catalogue";
import type { Side } from "../../lib/selection";
import { evaluationsOf } from "../../relevancy";
import type { Evaluation } from "../../schema";
import { selection, visibleSides } from "../../state";
import { evaluationShown } from "./evaluation";

export interface SideEvaluated {
  side: Side;
  run: string;
  step: number;
  evaluation: Evaluation;
}

/** The evaluation of every visible side that has one. */
export function sidesEvaluated(): SideEvaluated[] {
  return visibleSides.value.flatMap((side) => {
    const run = runOf[side].value;
    const tag = exampleOf[side].value?.tag ?? null;
    const evaluation = evaluationShown(evaluationsOf[side].value.value, selection.value.evaluation, tag);
    // A run may hold evaluations and no example.
    const step = stepOf[side].value ?? evaluation?.steps.at(-1);
    return run !== null && step !== undefined && evaluation ? [{ side, run, step, evaluation }] : [];
  });
}

/** The first side of every run: what runs over all steps is the same for both sides of one run. */
export function runsCompared<T extends { run: string }>(sides: readonly T[]): T[] {
  return sides.filter(({ run }, index) => sides.findIndex((other) => other.run === run) === index);
}

/** The steps shown, to be marked in a chart over the steps of a run. */
export function stepMarks(run: string): { step: number; kind: Side }[] {
  return visibleSides.value.flatMap((side) => {
    const step = stepOf[side].value;
    return step !== null && runOf[side].value === run ? [{ step, kind: side }] : [];
  });
}
