/** What the curves of the Embeddings view show: the geometry of hidden states and the similarity of layers. */

import { computed } from "@preact/signals";
import * as api from "./api";
import { perSide, runOf, stepOf, version } from "./catalogue";
import { manifestOf } from "./data";
import { chosenStream } from "./lib/streams";
import { resource, type Resource } from "./resource";
import type { Cka } from "./schema";
import { field, visibleSides } from "./state";

const view = field("view");
const panel = field("embeddingPanel");
const tokens = field("ckaTokens");
const streamName = field("stream");

const inSight = computed(() => view.value === "embeddings" && panel.value === "curves");

/** Sequences of the stream shown; empty while it is unknown, or where there are no hidden states. */
export const streamOf = perSide((side) =>
  computed(() => {
    const manifest = manifestOf[side].value.value;
    return manifest ? chosenStream(manifest, streamName.value) : [];
  }),
);

export const geometryOf = perSide((side) =>
  resource(() => {
    const [run, stream] = [runOf[side].value, streamOf[side].value];
    if (run === null || stream.length === 0) return null;
    return inSight.value && visibleSides.value.includes(side) ? api.geometry(run, stream, version.value) : undefined;
  }),
);

export const ckaHistoryOf = perSide((side) =>
  resource(() => {
    const [run, stream] = [runOf[side].value, streamOf[side].value];
    if (run === null || stream.length === 0) return null;
    if (!inSight.value || !visibleSides.value.includes(side)) return undefined;
    return api.ckaHistory(run, tokens.value, stream, version.value);
  }),
);

/** The layers of a checkpoint among themselves. */
export const ckaOf = perSide((side) => compared(side, side));

/** The layers of A with those of B. */
export const ckaBetween = compared("a", "b");

function compared(first: "a" | "b", second: "a" | "b"): Resource<Cka> {
  return resource(() => {
    const [run, step] = [runOf[first].value, stepOf[first].value];
    const [otherRun, otherStep] = [runOf[second].value, stepOf[second].value];
    const stream = streamOf[first].value;
    if (run === null || step === null || otherRun === null || otherStep === null || stream.length === 0) return null;
    const shown = [first, second].every((side) => visibleSides.value.includes(side));
    if (!inSight.value || !shown) return undefined;
    return api.cka([run, step], [otherRun, otherStep], tokens.value, stream, version.value);
  });
}
