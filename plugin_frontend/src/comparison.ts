/** Whether and how A and B can be subtracted. */

import { computed } from "@preact/signals";
import { exampleOf, examplesOf, runOf } from "./catalogue";
import { manifestOf } from "./data";
import { dark } from "./host";
import { diverging, divergingDark, magma, magmaOnLight, viridis, type ColourTable } from "./lib/colour";
import { tokenMismatch } from "./lib/difference";
import { selection, visibleSides } from "./state";

/** Says so where B's run lacks the example. */
const missingExample = computed<string | null>(() => {
  const known = examplesOf.b.value.value !== null && !examplesOf.b.loading.value;
  if (runOf.b.value === null || !known || exampleOf.b.value !== null) return null;
  return `${runOf.b.value} did not log ${selection.value.tag}.`;
});

/** Why B - A can't be shown, or null where nothing speaks against it (yet). */
export const differenceObstacle = computed<string | null>(() => {
  if (runOf.b.value === null) return null;
  if (missingExample.value !== null) return missingExample.value;
  const [a, b] = [manifestOf.a.value.value, manifestOf.b.value.value];
  return a && b && a.tag === b.tag ? tokenMismatch(a, b) : null;
});

/** Why what the mode asks for can't be shown, or null. */
export const obstacle = computed<string | null>(() => {
  if (selection.value.mode === "difference") return differenceObstacle.value;
  return visibleSides.value.includes("b") ? missingExample.value : null;
});

/** The colours of magnitudes, or of differences. */
export function magnitudeTable(difference: boolean): ColourTable {
  return difference ? differenceTable() : viridis;
}

/** The colours over images. */
export function overlayTable(difference: boolean): ColourTable {
  return difference ? diverging : magma;
}

/** The colours behind words. */
export function wordTable(difference: boolean): ColourTable {
  if (difference) return differenceTable();
  return dark.value ? magma : magmaOnLight;
}

export function differenceTable(): ColourTable {
  return dark.value ? divergingDark : diverging;
}
