/** How much memory an answer takes, roughly: what a cache is bounded by. */

const PER_VALUE = 16;
const PER_CHARACTER = 2;

/** Bytes of a value and all it holds, each thing once; what is in `seen` is counted elsewhere. */
export function sizeOf(value: unknown, seen: Set<unknown> = new Set()): number {
  if (typeof value === "string") return PER_VALUE + PER_CHARACTER * value.length;
  if (typeof value !== "object" || value === null) return PER_VALUE;
  if (seen.has(value)) return 0;
  seen.add(value);
  if (ArrayBuffer.isView(value)) {
    // Several views may lie on one message: it is kept whole by any of them.
    if (seen.has(value.buffer)) return PER_VALUE;
    seen.add(value.buffer);
    return PER_VALUE + value.buffer.byteLength;
  }
  let size = PER_VALUE;
  if (value instanceof Map) for (const [key, entry] of value) size += sizeOf(key, seen) + sizeOf(entry, seen);
  else for (const entry of Object.values(value)) size += PER_VALUE + sizeOf(entry, seen);
  return size;
}
