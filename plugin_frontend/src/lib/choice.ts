/** How a click changes which tokens are chosen. */

import type { Box } from "../schema";
import { ascending } from "./number_set";

/** This one alone; this one as well (or no longer); all up to this one; the whole word around it. */
export type Gesture = "only" | "add" | "range" | "word";

export function gestureOf(event: { ctrlKey: boolean; metaKey: boolean; shiftKey: boolean }): Gesture {
  return event.shiftKey ? "range" : event.ctrlKey || event.metaKey ? "add" : "only";
}

/** The tokens chosen after tokens were pointed at. At least one always is. */
export function chosenAfter(chosen: readonly number[], pointed: readonly number[], gesture: Gesture): readonly number[] {
  if (gesture !== "add" || chosen.length === 0) return ascending(pointed);
  const known = new Set(chosen);
  const taken = pointed.every((token) => known.has(token));
  const changed = taken ? chosen.filter((token) => !pointed.includes(token)) : [...chosen, ...pointed];
  return changed.length > 0 ? ascending(changed) : chosen;
}

/** All tokens from the chosen ones to the one pointed at; of patches those in the rectangle around both. */
export function rangeTo(chosen: readonly number[], pointed: number, boxes: readonly (Box | null)[]): number[] {
  const ends = [...chosen, pointed];
  const corners = ends.map((token) => boxes[token]);
  if (corners.every((box) => box !== null && box !== undefined)) {
    const placed = corners as Box[];
    return boxesWithin(boxes, [
      Math.min(...placed.map(([x0]) => x0)),
      Math.min(...placed.map(([, y0]) => y0)),
      Math.max(...placed.map(([, , x1]) => x1)),
      Math.max(...placed.map(([, , , y1]) => y1)),
    ]);
  }
  const [first, last] = [Math.min(...ends), Math.max(...ends)];
  return Array.from({ length: last - first + 1 }, (_, index) => first + index).filter((token) => !boxes[token]);
}

/** The boxes whose centre lies in the region. */
export function boxesWithin(boxes: readonly (Box | null)[], [left, top, right, bottom]: Box): number[] {
  return boxes.flatMap((box, index) => {
    if (!box) return [];
    const [x, y] = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
    return x >= left && x <= right && y >= top && y <= bottom ? [index] : [];
  });
}
