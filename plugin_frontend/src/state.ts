/** The selection, the one source of truth, and the few switches that are not part of a link. */

import { batch, computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { NOTHING_SELECTED, type Selection, type Side } from "./lib/selection";

/** Steps, tokens of the example, layers, or the generated words that maps explain. */
export type Played = "steps" | "tokens" | "layers" | "words";

const FIELDS = Object.entries(NOTHING_SELECTED).map(([name, value]) => [name, signal(value)] as const);
const fields = Object.fromEntries(FIELDS) as unknown as { [Name in keyof Selection]: Signal<Selection[Name]> };
const followed = Object.defineProperties(
  {},
  Object.fromEntries(FIELDS.map(([name, part]) => [name, { enumerable: true, get: () => part.value }])),
) as Readonly<Selection>;

/** Who reads a part of the value follows that part alone; `peek` is how all of it stands now. */
export const selection = {
  get value(): Readonly<Selection> {
    return followed;
  },
  peek: () => Object.fromEntries(FIELDS.map(([name, part]) => [name, part.peek()])) as unknown as Selection,
};

/** What a click would choose where the pointer is; null where that is nothing. */
export const pointed = signal<Partial<Selection> | null>(null);
export const live = signal(true);
export const playing = signal(false);
/** What is played, one after another, and how fast. */
export const toPlay = signal<Played>("steps");
export const playSpeed = signal(1);
/** A click on a piece of a word means the whole word. */
export const wholeWords = signal(false);
export const helpShown = signal(false);
/** Where the tour of the page is; null while it is not under way. */
export const tourStop = signal<number | null>(null);

export function select(change: Partial<Selection>): void {
  batch(() => {
    for (const [name, part] of FIELDS) {
      const wanted = change[name as keyof Selection];
      if (wanted !== undefined) part.value = wanted;
    }
  });
}

/** One field of the selection, as a signal. */
export function field<K extends keyof Selection>(name: K): ReadonlySignal<Selection[K]> {
  return fields[name];
}

/** The sides that stand on the page: one of them, or both to be compared. */
export const visibleSides = computed<readonly Side[]>(() => {
  const { mode } = selection.value;
  return mode === "a" ? ["a"] : mode === "b" ? ["b"] : ["a", "b"];
});
