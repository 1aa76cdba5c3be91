/** A short tour of the page: its stops, when it begins, where its notes stand. */

import type { Parameters } from "./address";

export interface Stop {
  title: string;
  text: string;
  /** What it explains: the first of these selectors that is on the page. */
  targets: readonly string[];
}

export const STOPS: readonly Stop[] = [
  {
    title: "Runs and steps",
    text: "Every view shows one run at one training step. Drag the handle, press ← and →, or let the steps play.",
    targets: ["[data-testid=toolbar] .slider"],
  },
  {
    title: "Two checkpoints, A and B",
    text: "Shift-click on the steps to set B, or choose a second run. Then look at one, at both side by side, or at what changed.",
    targets: ["[data-testid=toolbar] .modes"],
  },
  {
    title: "Heads",
    text: "Each cell is one attention head: layers from top to bottom, heads from left to right. Click one to see its attention.",
    targets: ["[data-testid=view-heads] .matrix", "[data-testid=tab-heads]"],
  },
  {
    title: "Attention",
    text: "What a word or patch looks at, and what looks at it. Click another word or patch to ask about that one.",
    targets: ["[data-testid=tab-attention]"],
  },
  {
    title: "Examples",
    text: "The same examples at every step. The strip shows where the answer was right; filter by what went wrong or flipped.",
    targets: ["[data-testid=examples]"],
  },
  {
    title: "Share and keep",
    text: "The link opens exactly this. Download it as a picture, as numbers or as a page. All keys are behind the question mark.",
    targets: [".topbar-end"],
  },
];

/** Whether to begin by itself: not twice, and not for who follows somebody's link to something. */
export function beginsByItself(parameters: Parameters, seen: boolean): boolean {
  return !seen && Object.keys(parameters).every((name) => name === "view");
}

export interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}

const GAP = 12;
const MARGIN = 8;

/** A place for a note beside its target: below, above, right or left of it, wherever it fits first. */
export function placeBeside(target: Area, note: { width: number; height: number }, page: { width: number; height: number }): { left: number; top: number } {
  const within = (start: number, size: number, room: number) => Math.max(MARGIN, Math.min(start, room - size - MARGIN));
  const left = within(target.left + target.width / 2 - note.width / 2, note.width, page.width);
  const top = within(target.top, note.height, page.height);
  const [below, above] = [target.top + target.height + GAP, target.top - GAP - note.height];
  const [right, before] = [target.left + target.width + GAP, target.left - GAP - note.width];
  if (below + note.height + MARGIN <= page.height) return { left, top: below };
  if (above >= MARGIN) return { left, top: above };
  if (right + note.width + MARGIN <= page.width) return { left: right, top };
  if (before >= MARGIN) return { left: before, top };
  return { left, top: page.height - note.height - MARGIN };
}
