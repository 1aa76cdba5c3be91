/** Which tokens can be asked about: those whose attention at least one block kept. */

import type { Role } from "../../lib/selection";
import type { Manifest } from "../../schema";

/** Positions in the sequence; null where all can. */
export function choosable(manifest: Manifest, sequence: string, role: Role): ReadonlySet<number> | null {
  const kept = manifest.attention
    .filter((block) => block[role] === sequence)
    .map((block) => (role === "query" ? block.rows : block.keys));
  if (kept.length === 0 || kept.some((positions) => positions === null)) return null;
  return new Set(kept.flatMap((positions) => positions ?? []));
}

export function closedReason(role: Role): string {
  return role === "query" ? "What it looks at was not logged." : "What looks at it was not logged.";
}
