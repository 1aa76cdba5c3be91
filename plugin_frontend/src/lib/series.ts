/** How the lines of methods look: the same in every chart. */

export interface Series {
  /** A CSS colour. */
  colour: string;
  /** An SVG dash pattern, or null. */
  dash: string | null;
}

const COLOURS = 8;

/** What a map is compared with: order without any map. */
const RANDOM: Series = { colour: "var(--muted)", dash: "3 3" };

/** A colour per method; where there are more than colours, dashes tell them apart. */
export function seriesOf(methods: readonly string[]): Map<string, Series> {
  const found = new Map<string, Series>();
  let count = 0;
  for (const method of methods) {
    if (found.has(method)) continue;
    if (method === "random") found.set(method, RANDOM);
    else {
      const dash = count < COLOURS ? null : "8 3";
      found.set(method, { colour: `var(--series-${(count % COLOURS) + 1})`, dash });
      count += 1;
    }
  }
  return found;
}
