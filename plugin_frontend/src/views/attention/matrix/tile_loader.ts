/** Loads what is wanted of many tiles, the most important first, and drops what no longer is. */

import { signal } from "@preact/signals";
import { load, peek, type Query } from "../../../loading";

const AT_ONCE = 6;

export class TileLoader {
  #wanted = new Map<object, Query<unknown>[]>();
  #flights = new Map<string, AbortController>();
  #failed = new Set<string>();

  /** Counts the tiles that came. */
  readonly landed = signal(0);
  readonly loading = signal(false);
  readonly error = signal<string | null>(null);

  /** All that `owner` wants from now on, most important first; requests for anything else are aborted. */
  want(owner: object, queries: Query<unknown>[]): void {
    this.#wanted.set(owner, queries);
    const keys = new Set([...this.#wanted.values()].flat().map(({ key }) => key));
    for (const [key, controller] of this.#flights) if (!keys.has(key)) controller.abort();
    this.#depart();
  }

  forget(owner: object): void {
    this.want(owner, []);
    this.#wanted.delete(owner);
  }

  /** Try again what failed. */
  retry(): void {
    this.#failed.clear();
    this.error.value = null;
    this.#depart();
  }

  #depart(): void {
    const queues = [...this.#wanted.values()];
    const longest = Math.max(0, ...queues.map(({ length }) => length));
    // In turns, so that neither of two matrices side by side waits for the other.
    for (let place = 0; place < longest && this.#flights.size < AT_ONCE; place++) {
      for (const { [place]: query } of queues) if (query) this.#request(query);
    }
    this.loading.value = this.#flights.size > 0;
  }

  #request(query: Query<unknown>): void {
    const { key } = query;
    if (peek(query) !== undefined || this.#flights.has(key) || this.#failed.has(key)) return;
    const controller = new AbortController();
    this.#flights.set(key, controller);
    load(query, controller.signal)
      .then(() => void (this.landed.value += 1), (reason: unknown) => {
        if (controller.signal.aborted) return;
        this.#failed.add(key);
        this.error.value = reason instanceof Error ? reason.message : String(reason);
      })
      .finally(() => {
        this.#flights.delete(key);
        this.#depart();
      });
  }
}
