/** A value that follows the selection: loaded anew whenever its query changes. */

import { effect, signal, type ReadonlySignal } from "@preact/signals";
import { load, peek, type Query } from "./loading";

export interface Resource<T> {
  /** The latest answer. While a new one loads the old one stays, to be shown dimmed. */
  value: ReadonlySignal<T | null>;
  loading: ReadonlySignal<boolean>;
  error: ReadonlySignal<string | null>;
  retry(): void;
}

/**
 * Load what `query` describes. It may read signals and runs again when they change; `null` clears
 * the value, `undefined` leaves it as it is (what is not in sight need not be loaded).
 */
export function resource<T>(query: () => Query<T> | null | undefined): Resource<T> {
  const value = signal<T | null>(null);
  const loading = signal(false);
  const error = signal<string | null>(null);
  const attempts = signal(0);
  let shown: string | null = null;
  let underway: { key: string; controller: AbortController } | null = null;

  effect(() => {
    attempts.value;
    const wanted = query();
    if (wanted && wanted.key === underway?.key) return;
    const abandoned = underway?.controller;
    // Not at once: requests that the next query needs as well go on.
    if (abandoned) setTimeout(() => abandoned.abort());
    underway = null;
    if (!wanted) {
      loading.value = false;
      error.value = null;
      if (wanted === undefined) return;
      shown = null;
      value.value = null;
      return;
    }
    const known = peek(wanted);
    if (known !== undefined) return settle(wanted.key, known);
    const controller = new AbortController();
    underway = { key: wanted.key, controller };
    loading.value = true;
    error.value = null;
    load(wanted, controller.signal).then(
      (answer) => underway?.controller === controller && settle(wanted.key, answer),
      (reason) => underway?.controller === controller && fail(reason),
    );
  });

  function settle(key: string, answer: T): void {
    underway = null;
    if (key !== shown) value.value = answer;
    shown = key;
    error.value = null;
    loading.value = false;
  }

  function fail(reason: unknown): void {
    underway = null;
    error.value = reason instanceof Error ? reason.message : String(reason);
    loading.value = false;
  }

  return { value, loading, error, retry: () => void (attempts.value += 1) };
}
