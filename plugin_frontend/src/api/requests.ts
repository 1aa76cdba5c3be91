/** How routes are asked. URLs are relative to this module, so any path prefix works. */

import { decode, type WireMessage } from "../lib/wire";
import type { Query } from "../loading";
import { request } from "../transport";

/** One example at one checkpoint. */
export interface Place {
  run: string;
  tag: string;
  step: number;
}

export type Arguments = Record<string, string | number | string[]>;

const base = import.meta.url;

/** The address of a request. */
export function address(route: string, given: Arguments): string {
  const url = new URL(route, base);
  for (const [name, value] of Object.entries(given)) {
    for (const item of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(item));
  }
  return url.href;
}

/** What grows with the log. `version` is the logdir's: it is fetched again when something was logged. */
export function json<T>(route: string, given: Arguments, version: string): Query<T> {
  const url = address(route, given);
  return {
    key: `${url} ${version}`,
    run: async (signal) => (await request(url, signal, "no-cache")).json(),
  };
}

export function binary<T>(route: string, given: Arguments, read: (message: WireMessage) => T): Query<T> {
  const url = address(route, given);
  return {
    key: url,
    run: async (signal) => read(decode(await (await request(url, signal)).arrayBuffer())),
  };
}

/** A binary answer that may change when something was logged. */
export function growing<T>(
  route: string,
  given: Arguments,
  version: string,
  read: (message: WireMessage) => T,
): Query<T> {
  const query = binary(route, given, read);
  return { ...query, key: `${query.key} ${version}` };
}
