/** Which rows of a long list stand in the window, so that only these are made. */

export interface Rows {
  /** The first row made, and the one after the last. */
  first: number;
  end: number;
}

/** Rows made beyond each edge: what a quick scroll shows before the next picture. */
const BEYOND = 6;

/** `height`: of the window; `row`: of each row; all in the same unit. */
export function rowsInSight(scrolled: number, height: number, row: number, count: number): Rows {
  const first = Math.max(0, Math.min(count, Math.floor(scrolled / row)) - BEYOND);
  const end = Math.min(count, Math.ceil((scrolled + height) / row) + BEYOND);
  return { first, end: Math.max(first, end) };
}

/** How far to scroll so that a row is seen whole: as little as possible, not at all where it is. */
export function scrollTo(index: number, scrolled: number, height: number, row: number): number {
  const [top, bottom] = [index * row, (index + 1) * row];
  if (top < scrolled) return top;
  return bottom > scrolled + height ? Math.max(0, bottom - height) : scrolled;
}
