/** What was logged: runs, their examples and steps, and which of them the selection means. */

import { computed, signal, type ReadonlySignal } from "@preact/signals";
import * as api from "./api";
import { nearest } from "./lib/blocks";
import { filterExamples, outcomeAt } from "./lib/examples";
import type { Side } from "./lib/selection";
import { resource, type Resource } from "./resource";
import type { Examples, ExampleSummary, Runs } from "./schema";
import { exampleFilter, exampleSearch, field } from "./state";

type PerSide<T> = Record<Side, T>;

export const runs = signal<Runs | null>(null);
export const runsError = signal<string | null>(null);

const POLL_MILLISECONDS = 4000;

/** Ask what runs there are; everything else follows if something was logged since. */
export async function refresh(): Promise<void> {
  try {
    const answer = await api.runs();
    runsError.value = null;
    if (answer.version !== runs.peek()?.version) runs.value = answer;
  } catch (error) {
    runsError.value = (error as Error).message;
  }
}

/** Refresh every few seconds while `wanted` says so. */
export function poll(wanted: () => boolean): void {
  setTimeout(async () => {
    if (wanted()) await refresh();
    poll(wanted);
  }, POLL_MILLISECONDS);
}

export const version = computed(() => runs.value?.version ?? "");

export const runOf: PerSide<ReadonlySignal<string | null>> = { a: field("runA"), b: field("runB") };

export const wantedStepOf: PerSide<ReadonlySignal<number | null>> = { a: field("stepA"), b: field("stepB") };

const tag = field("tag");

export const examplesOf: PerSide<Resource<Examples>> = perSide((side) =>
  resource(() => {
    const run = runOf[side].value;
    const known = runs.value?.runs.some((summary) => summary.run === run);
    return run !== null && known ? api.examples(run, version.value) : null;
  }),
);

/** The selected example as the index of the side's run has it. */
export const exampleOf: PerSide<ReadonlySignal<ExampleSummary | null>> = perSide((side) =>
  computed(() => {
    const index = examplesOf[side].value.value;
    if (index === null || index.run !== runOf[side].value) return null;
    return index.examples.find((example) => example.tag === tag.value) ?? null;
  }),
);

/** The step shown: the logged one nearest to the one wanted. */
export const stepOf: PerSide<ReadonlySignal<number | null>> = perSide((side) =>
  computed(() => {
    const steps = exampleOf[side].value?.steps;
    if (!steps?.length) return null;
    const wanted = wantedStepOf[side].value;
    return wanted === null ? steps[steps.length - 1] : nearest(steps, wanted);
  }),
);

/** What the side shows: an example at a checkpoint, or null while that is unknown. */
export const placeOf: PerSide<ReadonlySignal<api.Place | null>> = perSide((side) =>
  computed(() => {
    const [run, example, step] = [runOf[side].value, exampleOf[side].value, stepOf[side].value];
    return run !== null && example !== null && step !== null ? { run, tag: example.tag, step } : null;
  }),
);

export function perSide<T>(make: (side: Side) => T): PerSide<T> {
  return { a: make("a"), b: make("b") };
}

/** The examples of the list, in order, after filter and search. */
export const listedExamples = computed<ExampleSummary[]>(() => {
  const all = examplesOf.a.value.value?.examples ?? [];
  const others = new Map(examplesOf.b.value.value?.examples.map((example) => [example.tag, example]));
  return filterExamples(
    all,
    exampleFilter.value,
    exampleSearch.value,
    (example) => outcomeAt(example, wantedStepOf.a.value),
    (example) => outcomeAt(others.get(example.tag), wantedStepOf.b.value),
  );
});
