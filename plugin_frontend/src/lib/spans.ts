/** Neighbouring tokens of the same kind, and which tokens get a label on an axis. */

import type { Modality, TokenSequence } from "../schema";
import { formatToken } from "./format";

export interface Span {
  modality: Modality;
  /** What it is called: images are numbered where there are several. */
  title: string;
  start: number;
  /** The position after the last. */
  end: number;
}

/** Where the modality or the image changes, a new span begins. */
export function spansOf({ modality, image_index }: TokenSequence): Span[] {
  const spans: Span[] = [];
  const images = new Set(image_index.filter((image) => image >= 0)).size;
  modality.forEach((name, position) => {
    const image = name === "image" ? image_index[position] : -1;
    const title = image >= 0 && images > 1 ? `${name} ${image + 1}` : name;
    const last = spans.at(-1);
    if (last?.title === title) last.end = position + 1;
    else spans.push({ modality: name, title, start: position, end: position + 1 });
  });
  return spans;
}

/** What is written beside each token: words as they are, image tokens by their number. */
export function axisLabels(sequence: TokenSequence): string[] {
  let number = -1;
  return sequence.tokens.map((token, position) => {
    if (sequence.modality[position] !== "image") return formatToken(token);
    number += 1;
    return /^\d+$/.test(token) ? token : String(number);
  });
}

/**
 * Positions of the tokens that get a label. Counting starts anew with each span, so that those of an
 * image are round numbers, and too narrow spans have none.
 */
export function labelledPositions(spans: readonly Span[], stride: number, from: number, to: number): number[] {
  const positions: number[] = [];
  let free = -Infinity;
  for (const { start, end } of spans) {
    if (end <= from || start >= to) continue;
    for (let position = start + Math.max(0, Math.ceil((from - start) / stride)) * stride; position < Math.min(end, to); position += stride) {
      if (position < free) continue;
      positions.push(position);
      free = position + stride;
    }
  }
  return positions;
}

/** Each how many-th token has a label, so that labels stand at least `room` pixels apart. */
export function labelStride(pixelsPerToken: number, room: number): number {
  if (pixelsPerToken >= room) return 1;
  for (let power = 1; ; power *= 10) {
    const stride = [2, 5, 10].map((factor) => factor * power).find((count) => count * pixelsPerToken >= room);
    if (stride) return stride;
  }
}
