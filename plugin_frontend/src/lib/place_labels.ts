/** Where labels go beside their places, so that none hides another. */

export interface PlacedLabel {
  x: number;
  y: number;
  words: string;
  anchor: "start" | "end";
}

/** Width of a letter in sizes of the text, about. */
const LETTER = 0.52;
const GAP = 0.6;

/**
 * Labels right of their places, or left of them near the right edge. Earlier ones go first: what would lie over
 * them, or outside, is left out. All in pixels.
 */
export function placedLabels(
  labels: readonly { at: readonly number[]; words: string }[],
  width: number,
  height: number,
  text: number,
): PlacedLabel[] {
  const taken: [number, number, number, number][] = [];
  return labels.flatMap(({ at: [x, y], words }) => {
    // Also false for NaN.
    if (!(x >= 0 && x <= width && y >= 0 && y <= height)) return [];
    const long = LETTER * text * words.length;
    const leftwards = x + GAP * text + long > width;
    const left = leftwards ? x - GAP * text - long : x + GAP * text;
    const box: [number, number, number, number] = [left, y - 0.6 * text, left + long, y + 0.6 * text];
    if (taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) return [];
    taken.push(box);
    return [{ x: leftwards ? x - GAP * text : left, y: y + 0.35 * text, words, anchor: leftwards ? "end" : "start" } as const];
  });
}
