/** The selection, the one source of truth, and the few switches that are not part of a link. */

import { computed, signal, type ReadonlySignal } from "@preact/signals";
import type { ExampleFilter } from "./lib/examples";
import { NOTHING_SELECTED, type Selection, type Side } from "./lib/selection";

/** Steps, tokens of the example, layers, or the generated words that maps explain. */
export type Played = "steps" | "tokens" | "layers" | "words";

export const selection = signal<Selection>(NOTHING_SELECTED);

export const live = signal(true);
export const playing = signal(false);
/** What is played, one after another, and how fast. */
export const toPlay = signal<Played>("steps");
export const playSpeed = signal(1);
/** A click on a piece of a word means the whole word. */
export const wholeWords = signal(false);
export const helpShown = signal(false);
export const exampleFilter = signal<ExampleFilter>("all");
export const exampleSearch = signal("");

export function select(change: Partial<Selection>): void {
  selection.value = { ...selection.peek(), ...change };
}

/** One field of the selection, as a signal that changes only when the field does. */
export function field<K extends keyof Selection>(name: K): ReadonlySignal<Selection[K]> {
  return computed(() => selection.value[name]);
}

/** The sides that stand on the page: one of them, or both to be compared. */
export const visibleSides = computed<readonly Side[]>(() => {
  const { mode } = selection.value;
  return mode === "a" ? ["a"] : mode === "b" ? ["b"] : ["a", "b"];
});
