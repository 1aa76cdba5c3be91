/** What the open view shows, loaded as the selection asks for it. */

import { computed, effect } from "@preact/signals";
import * as api from "./api";
import { exampleOf, examplesOf, listedExamples, perSide, placeOf, runOf, stepOf, version } from "./catalogue";
import { attentionFrame, galleryFrame, relevancyFrame, statisticsFrame } from "./frames";
import { nearest } from "./lib/blocks";
import { tokenGroups, usualDirections } from "./lib/directions";
import { projectionArguments } from "./lib/projections";
import type { Side } from "./lib/selection";
import { matrixFrame, matrixInSight, matrixOf } from "./matrix";
import { prefetch, type Query } from "./loading";
import { relevancyOf } from "./relevancy";
import { resource } from "./resource";
import type { Manifest } from "./schema";
import { field, selection, visibleSides } from "./state";

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

/** Attention of the selected token; the heads view shows it as a preview. */
export const attentionOf = perSide((side) =>
  resource(() => {
    const place = placeOf[side].value;
    if (!place) return null;
    if (!attentionInSight.value || block.value === null) return undefined;
    return attentionFrame(place, selection.value);
  }),
);

const galleryInSight = computed(
  () => view.value === "heads" || (view.value === "attention" && selection.value.layout === "gallery"),
);

/** The selected tokens in all heads of the selected layer; in the Attention view perhaps in all layers. */
export const galleryOf = perSide((side) =>
  resource(() => {
    const place = placeOf[side].value;
    if (!place || block.value === null) return null;
    if (!galleryInSight.value) return undefined;
    return galleryFrame(place, view.value === "heads" ? { ...selection.value, over: "heads" } : selection.value);
  }),
);

/** Layers that hidden states of the example were logged for. */
export function depthsOf(manifest: Manifest): number[] {
  const layers = new Set(manifest.hidden_states.flatMap((states) => states.layers));
  return [...layers].sort((first, second) => first - second);
}

/** The layer shown: the logged one nearest to the one wanted, at first the last. */
export const shownDepth = computed(() => {
  const manifest = manifestOf.a.value.value ?? manifestOf.b.value.value;
  const depths = manifest ? depthsOf(manifest) : [];
  if (depths.length === 0) return null;
  return depth.value === null ? depths[depths.length - 1] : nearest(depths, depth.value);
});

/** More would push out of the cache what is shown. */
const MOST_PREFETCHED_POINTS = 200_000;

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

/** Load the steps on either side of those shown, once these are there. */
export function prefetchNeighbours(): void {
  effect(() => {
    const controller = new AbortController();
    const settled = [attentionOf, matrixOf, statisticsOf, projectionOf, relevancyOf].every((resources) =>
      visibleSides.value.every((side) => !resources[side].loading.value),
    );
    if (settled) {
      const wanted = visibleSides.value.flatMap((side) => neighbours(side));
      const timer = setTimeout(() => prefetch(wanted, controller.signal), 120);
      return () => {
        clearTimeout(timer);
        controller.abort();
      };
    }
    return undefined;
  });
}

function neighbours(side: Side): Query<unknown>[] {
  const [place, example] = [placeOf[side].value, exampleOf[side].value];
  if (!place || !example) return [];
  const index = example.steps.indexOf(place.step);
  const steps = [example.steps[index + 1], example.steps[index - 1]].filter((step) => step !== undefined);
  const nearby = steps.map((step) => ({ ...place, step }));
  if (view.value === "embeddings") {
    if (embeddingPanel.value !== "points") return [];
    const [layer, given] = [shownDepth.value, projectionGiven.value];
    if (layer === null || given === null || (projectionOf[side].value.value?.count ?? 0) > MOST_PREFETCHED_POINTS) return [];
    return steps.map((step) => api.projection(projectionPlace(place.run, step, layer), given, version.value));
  }
  return [...nearby, ...examplesBeside(place)].flatMap((there): Query<unknown>[] => {
    if (view.value === "relevancy") return [relevancyFrame(there)];
    if (matrixInSight.value) return [statisticsFrame(there), matrixFrame(there, selection.value)];
    return [statisticsFrame(there), attentionFrame(there, selection.value)];
  });
}

/** The next and the previous example of the list, at the same checkpoint. */
function examplesBeside(place: api.Place): api.Place[] {
  const listed = listedExamples.value;
  const index = listed.findIndex(({ tag }) => tag === place.tag);
  const beside = index < 0 ? [] : [listed[index + 1], listed[index - 1]];
  return beside.flatMap((example) => (example?.steps.includes(place.step) ? [{ ...place, tag: example.tag }] : []));
}

/** Both runs share the fit, so that their points can be compared. */
export function projectionPlace(run: string, step: number, layer: number): api.ProjectionPlace {
  const others = [runOf.a.value, runOf.b.value].filter((name): name is string => name !== null && name !== run);
  return { runs: [run, ...new Set(others)], step, layer };
}
