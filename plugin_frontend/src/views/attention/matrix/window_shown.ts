/** Which part of the matrix is shown, and which cell is pointed at: the same on both sides. */

import { batch, computed, signal } from "@preact/signals";
import type { MatrixWindow } from "../../../lib/tiles";
import { field, select } from "../../../state";

const REST_MILLISECONDS = 250;

const chosen = field("window");
/** Where a gesture has come to. It becomes part of the link when it rests: browsers limit how often. */
const moving = signal<{ window: MatrixWindow | null } | null>(null);
let rest = 0;

/** Null: all of it. */
export const windowShown = computed(() => (moving.value ? moving.value.window : chosen.value));

export interface Cell {
  query: number;
  key: number;
}

export const pointed = signal<Cell | null>(null);

/** How coarsely the matrix is painted. */
export const levelsShown = signal({ level: 0, keyLevel: 0 });

export function moveWindow(window: MatrixWindow | null): void {
  moving.value = { window };
  clearTimeout(rest);
  rest = self.setTimeout(settle, REST_MILLISECONDS);
}

function settle(): void {
  batch(() => {
    select({ window: moving.peek()?.window ?? null });
    moving.value = null;
  });
}
