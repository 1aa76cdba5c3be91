/** How many points a frame may hold, learnt from how long frames took. */

/** A frame shall take no longer, in milliseconds: 30 in a second. */
const WANTED = 33;
export const FIRST_BUDGET = 60_000;
const LEAST = 20_000;
/** Frames of fewer points say more about all else than about the points. */
const TELLING = 10_000;

/** The number of points for the next frame, after one that held `drawn` points and took `milliseconds`. */
export function nextBudget(budget: number, drawn: number, milliseconds: number): number {
  if (drawn < TELLING) return budget;
  const fitting = (drawn * WANTED) / Math.max(1, milliseconds);
  // One slow frame may have had other reasons, one quick frame too: half of the way, and not more than twofold.
  const next = 0.5 * (budget + Math.min(fitting, 3 * budget));
  return Math.round(Math.max(LEAST, next));
}
