/** What was logged: runs, their examples and steps, and which of them the selection means. */

import { computed, signal, type ReadonlySignal } from "@preact/signals";
import * as api from "./api";
import { nearest } from "./lib/blocks";
import { filterRows, joined, sorted, type ExampleRow } from "./lib/example_rows";
import type { Side } from "./lib/selection";
import { resource, type Resource } from "./resource";
import type { Examples, ExampleSummary, Runs } from "./schema";
import { field } from "./state";

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
const exampleFilter = field("exampleFilter");
const exampleSearch = field("exampleSearch");
const examplesSort = field("examplesSort");

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

/** The examples of the list as rows, after filter and search, in their order. */
export const listedRows = computed<ExampleRow[]>(() => {
  const [a, b] = [examplesOf.a.value.value, runOf.b.value === null ? null : examplesOf.b.value.value];
  const wanted = wantedStepOf.a.value;
  const rows = joined(a?.examples ?? [], b?.examples ?? [], [wanted, wantedStepOf.b.value]);
  return sorted(filterRows(rows, exampleFilter.value, exampleSearch.value, wanted), examplesSort.value, wanted);
});

export const listedExamples = computed<ExampleSummary[]>(() => listedRows.value.map(({ example }) => example));
