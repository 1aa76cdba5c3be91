/** How large a word can be written into a box. */

const LARGEST = 20;
/** Smaller ones can't be read. */
const SMALLEST = 7.5;
/** Width of a letter as a share of its height, in bold type. */
const LETTER = 0.68;
const ROOM = 0.92;

/** The size of type in pixels with which a word fits into a box of so many pixels; null where it is too small. */
export function wordSize(word: string, width: number, height: number): number | null {
  const size = Math.min(LARGEST, 0.7 * height, (ROOM * width) / (LETTER * Math.max(1, [...word].length)));
  return word !== "" && size >= SMALLEST ? size : null;
}
