/** Loading with a cache: one request per key at a time, dropped when nobody waits for it. */

import { sizeOf } from "./lib/size_of";

export interface Query<T> {
  /** Equal keys mean equal answers. */
  key: string;
  run(signal: AbortSignal): Promise<T>;
}

interface Flight {
  promise: Promise<unknown>;
  controller: AbortController;
  waiting: number;
}

/** What answers may take in memory, so that a tab that plays through many steps does not grow. */
export const CACHE_BYTES = 96 << 20;

interface Cached {
  value: unknown;
  bytes: number;
}

/** Least recently used first. */
const cache = new Map<string, Cached>();
let cachedBytes = 0;
const flights = new Map<string, Flight>();

/**
 * The answer, if it is there already. To ask before `await load(…)` spares a turn: requests that follow
 * go out before the page is rendered anew, not after it.
 */
export function peek<T>(query: Query<T>): T | undefined {
  return cache.get(query.key)?.value as T | undefined;
}

/** The answer, from the cache or by running the query. Aborting `signal` rejects. */
export async function load<T>(query: Query<T>, signal: AbortSignal): Promise<T> {
  const known = peek(query);
  if (known !== undefined) {
    touch(query.key);
    return known;
  }
  const flight = flights.get(query.key) ?? depart(query);
  flight.waiting += 1;
  const leave = () => {
    flight.waiting -= 1;
    if (flight.waiting === 0) {
      flights.delete(query.key);
      flight.controller.abort();
    }
  };
  return new Promise<T>((resolve, reject) => {
    const aborted = () => {
      leave();
      reject(signal.reason);
    };
    if (signal.aborted) return aborted();
    signal.addEventListener("abort", aborted, { once: true });
    flight.promise
      .then((value) => resolve(value as T), reject)
      .finally(() => signal.removeEventListener("abort", aborted));
  });
}

/** Fetch what is likely wanted next; failures are left for the real request to report. */
export function prefetch(queries: Query<unknown>[], signal: AbortSignal): void {
  for (const query of queries) load(query, signal).catch(() => undefined);
}

/** One query that answers with all their answers. */
export function together<T>(key: string, queries: Query<T>[]): Query<T[]> {
  return { key, run: (signal) => Promise.all(queries.map((query) => load(query, signal))) };
}

function depart<T>(query: Query<T>): Flight {
  const controller = new AbortController();
  const promise = query.run(controller.signal).then((value) => {
    remember(query.key, value);
    return value;
  });
  const flight = { promise, controller, waiting: 0 };
  flights.set(query.key, flight);
  const land = () => {
    if (flights.get(query.key) === flight) flights.delete(query.key);
  };
  promise.then(land, land);
  return flight;
}

function remember(key: string, value: unknown): void {
  forget(key);
  // Frames hold manifests that are answers themselves: counted there.
  const bytes = sizeOf(value, new Set([...cache.values()].map((cached) => cached.value)));
  cache.set(key, { value, bytes });
  cachedBytes += bytes;
  for (const oldest of cache.keys()) {
    if (cachedBytes <= CACHE_BYTES || oldest === key) break;
    forget(oldest);
  }
}

function touch(key: string): void {
  const cached = cache.get(key)!;
  cache.delete(key);
  cache.set(key, cached);
}

function forget(key: string): void {
  cachedBytes -= cache.get(key)?.bytes ?? 0;
  cache.delete(key);
}
