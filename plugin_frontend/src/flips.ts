/** The examples on which A and B disagree. */

import * as api from "./api";
import { runOf, runs, stepOf, version } from "./catalogue";
import { resource } from "./resource";
import { field } from "./state";

const view = field("view");

export const flips = resource(() => {
  const [runA, stepA, runB, stepB] = [runOf.a.value, stepOf.a.value, runOf.b.value, stepOf.b.value];
  if (runs.value === null || runA === null || runB === null || stepA === null || stepB === null) return null;
  return view.value === "examples" ? api.flips([runA, stepA], [runB, stepB], version.value) : undefined;
});
