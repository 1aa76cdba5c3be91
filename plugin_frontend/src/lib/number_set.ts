/** Sets of whole numbers as they are written in links and requests: `3-6,9`. */

/** Ascending, each once, stretches of three or more as their ends. */
export function writeNumbers(numbers: readonly number[]): string {
  const ordered = ascending(numbers);
  const parts: string[] = [];
  for (let start = 0; start < ordered.length; ) {
    let end = start;
    while (ordered[end + 1] === ordered[end] + 1) end += 1;
    if (end - start >= 2) parts.push(`${ordered[start]}-${ordered[end]}`);
    else parts.push(...ordered.slice(start, end + 1).map(String));
    start = end + 1;
  }
  return parts.join();
}

/** What {@link writeNumbers} wrote; null where that is garbled. */
export function readNumbers(written: string): readonly number[] | null {
  const numbers: number[] = [];
  for (const part of written.split(",")) {
    const [, first, last] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part) ?? [];
    if (first === undefined) return null;
    for (let number = Number(first); number <= Number(last ?? first); number++) numbers.push(number);
  }
  return ascending(numbers);
}

export function ascending(numbers: Iterable<number>): number[] {
  return [...new Set(numbers)].sort((first, second) => first - second);
}
