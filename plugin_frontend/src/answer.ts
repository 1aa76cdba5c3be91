/** An answer for one element alone, that comes and goes with it. */

import { useEffect, useState } from "preact/hooks";
import { load, peek, type Query } from "./loading";

/** The answer as soon as it is there; null until then, and where it can't be had. */
export function useAnswer<T>(query: Query<T> | null): T | null {
  const [known, setKnown] = useState<{ key: string; value: T } | null>(null);
  useEffect(() => {
    if (!query) return;
    const controller = new AbortController();
    load(query, controller.signal).then(
      (value) => setKnown({ key: query.key, value }),
      () => undefined,
    );
    return () => controller.abort();
  }, [query?.key]);
  if (!query) return null;
  return known?.key === query.key ? known.value : (peek(query) ?? null);
}
