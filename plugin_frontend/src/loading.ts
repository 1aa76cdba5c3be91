/** Loading with a cache: one request per key at a time, dropped when nobody waits for it. */

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

const CACHE_ENTRIES = 600;
const cache = new Map<string, unknown>();
const flights = new Map<string, Flight>();

/** The answer, if it is there already. */
export function peek<T>(query: Query<T>): T | undefined {
  return cache.get(query.key) as T | undefined;
}

/** The answer, from the cache or by running the query. Aborting `signal` rejects. */
export async function load<T>(query: Query<T>, signal: AbortSignal): Promise<T> {
  const known = peek(query);
  if (known !== undefined) {
    remember(query.key, known);
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
  cache.delete(key);
  cache.set(key, value);
  if (cache.size > CACHE_ENTRIES) cache.delete(cache.keys().next().value!);
}
