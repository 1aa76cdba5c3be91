/** Stretches of equal neighbours, as bars beside a matrix. */

export interface Segment {
  value: number;
  /** First index, and how many. */
  start: number;
  length: number;
}

export function segments(values: ArrayLike<number>): Segment[] {
  const found: Segment[] = [];
  for (let index = 0; index < values.length; index++) {
    const last = found[found.length - 1];
    if (last?.value === values[index]) last.length += 1;
    else found.push({ value: values[index], start: index, length: 1 });
  }
  return found;
}

/** A colour for the number of a group that neighbouring numbers don't share. */
export function groupColour(group: number): string {
  return `var(--series-${(group % 8) + 1})`;
}
