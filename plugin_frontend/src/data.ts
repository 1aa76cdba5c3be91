/** What the open view shows, loaded as the selection asks for it. */

import { computed } from "@preact/signals";
import * as api from "./api";
import { examplesOf, perSide, placeOf, runOf, stepOf, version } from "./catalogue";
import { attentionFrame, galleryFrame, lensFrame, statisticsFrame } from "./frames";
import { nearest } from "./lib/blocks";
import { tokenGroups, usualDirections } from "./lib/directions";
import { projectionArguments } from "./lib/projections";
import type { AttentionChoice, GalleryOver } from "./lib/selection";
import { resource } from "./resource";
import type { Manifest } from "./schema";
import { field, selection } from "./state";
import { snapshot } from "./transport";

const view = field("view");
const block = field("block");
const depth = field("depth");
const embeddingPanel = field("embeddingPanel");

const attentionInSight = computed(() => view.value === "heads" || view.value === "attention");

export const manifestOf = perSide((side) =>
  resource(() => {
    const place = placeOf[side].value;
    return place && api.manifest(place);
  }),
);

export const statisticsOf = perSide((side) =>
  resource(() => {
    const place = placeOf[side].value;
    if (!place) return null;
    return attentionInSight.value ? statisticsFrame(place) : undefined;
  }),
);

export const galleryInSight = computed(
  () => view.value === "heads" || (view.value === "attention" && selection.value.layout === "gallery"),
);

/** Attention of the selected token; the heads view shows it as a preview. */
export const attentionOf = perSide((side) =>
  resource(() => {
    const place = placeOf[side].value;
    if (!place) return null;
    if (!attentionInSight.value || block.value === null) return undefined;
    return attentionOn(place, selection.value);
  }),
);

/** The selected tokens in all heads of the selected layer; in the Attention view perhaps in all layers. */
export const galleryOf = perSide((side) =>
  resource(() => {
    const place = placeOf[side].value;
    if (!place || block.value === null) return null;
    if (!galleryInSight.value) return undefined;
    return galleryOn(place, selection.value);
  }),
);

/** The same at any place, of any choice. */
export function attentionOn(place: api.Place, choice: AttentionChoice) {
  // A saved page holds rows of the chosen head, of tokens whose gallery it lacks.
  return attentionFrame(place, choice, galleryInSight.value && !snapshot ? overShown() : null);
}

/** Likewise. */
export function galleryOn(place: api.Place, choice: AttentionChoice) {
  return galleryFrame(place, choice, overShown());
}

function overShown(): GalleryOver {
  return view.value === "heads" ? "heads" : selection.value.over;
}

/** Layers that hidden states of the example were logged for. */
export function depthsOf(manifest: Manifest): number[] {
  const layers = new Set(manifest.hidden_states.flatMap((states) => states.layers));
  return [...layers].sort((first, second) => first - second);
}

/** Those that the open panel can show: of the lens, the layers that it reads. */
export function depthsOffered(manifest: Manifest): number[] {
  if (view.value !== "embeddings" || embeddingPanel.value !== "lens") return depthsOf(manifest);
  return lensReference(manifest)?.layers ?? [];
}

/** What is known of the lens that is shown: that of the chosen sequence, or the first. */
function lensReference({ logit_lens: lenses }: Manifest) {
  return lenses.find(({ sequence }) => sequence === selection.value.sequence) ?? lenses[0];
}

/** The layer shown: the logged one nearest to the one wanted, at first the last. */
export const shownDepth = computed(() => {
  const manifest = manifestOf.a.value.value ?? manifestOf.b.value.value;
  const depths = manifest ? depthsOffered(manifest) : [];
  if (depths.length === 0) return null;
  return depth.value === null ? depths[depths.length - 1] : nearest(depths, depth.value);
});

/** What axes can lead between. */
export const tokenGroupsShown = computed(() => {
  const manifest = manifestOf.a.value.value ?? manifestOf.b.value.value;
  const present = new Set(manifest?.sequences.flatMap(({ modality }) => modality));
  return tokenGroups([...present], examplesOf.a.value.value?.examples ?? []);
});

/** The custom axes: those chosen, else the first that there are. */
export const directionsShown = computed(() => {
  const { directions, inSpace } = selection.value;
  const count = inSpace ? 3 : 2;
  const usual = usualDirections(tokenGroupsShown.value, count);
  return Array.from({ length: count }, (_, axis) => directions[axis] ?? usual[axis]).filter((found) => found !== undefined);
});

/** The projection asked for, as the server's parameters; null where it lacks an axis. */
export const projectionGiven = computed<api.Arguments | null>(() => projectionArguments(selection.value, directionsShown.value));

export const projectionOf = perSide((side) =>
  resource(() => {
    const [run, step] = [runOf[side].value, stepOf[side].value];
    if (run === null || step === null || shownDepth.value === null) return null;
    if (view.value !== "embeddings" || embeddingPanel.value !== "points") return undefined;
    const given = projectionGiven.value;
    return given && api.projection(projectionPlace(run, step, shownDepth.value), given, version.value);
  }),
);

/** What the output head reads, while the lens is open. */
export const lensOf = perSide((side) =>
  resource(() => {
    const place = placeOf[side].value;
    if (!place) return null;
    return view.value === "embeddings" && embeddingPanel.value === "lens" ? lensFrame(place) : undefined;
  }),
);

/** Both runs share the fit, so that their points can be compared. */
export function projectionPlace(run: string, step: number, layer: number): api.ProjectionPlace {
  const others = [runOf.a.value, runOf.b.value].filter((name): name is string => name !== null && name !== run);
  return { runs: [run, ...new Set(others)], step, layer };
}
