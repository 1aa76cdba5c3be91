/** What the points of the Embeddings view need beside their places: words, trails, neighbours. */

import { computed, effect } from "@preact/signals";
import * as api from "./api";
import { examplesOf, perSide, placeOf, runOf, stepOf, version } from "./catalogue";
import { depthsOffered, manifestOf, projectionGiven, projectionOf, projectionPlace, shownDepth } from "./data";
import { dark } from "./host";
import { findSequence } from "./lib/blocks";
import { pointColours, type PointColours } from "./lib/point_colours";
import { pointStates } from "./lib/point_states";
import type { Side } from "./lib/selection";
import { matching } from "./lib/token_search";
import { together } from "./loading";
import { resource } from "./resource";
import type { Manifest, ProjectionTrail } from "./schema";
import { field, select, selection, visibleSides } from "./state";

const NEIGHBOURS = 10;

const view = field("view");
const panel = field("embeddingPanel");
const colourBy = field("colourBy");
const tokenSearch = field("tokenSearch");
const lassoed = field("lassoed");
const isolated = field("isolated");
const concealed = field("concealed");
const legendOff = field("legendOff");
const tag = field("tag");
const sequence = field("sequence");
const tokens = field("tokens");
const trails = field("trails");
const trailsOfExample = field("trailsOfExample");
const neighbourLines = field("neighbourLines");

const inSight = computed(() => view.value === "embeddings" && panel.value === "points");

/** The texts of all tokens, once someone searches or looks at a list of them. */
export const wordsOf = perSide((side) =>
  resource(() => {
    const [run, step] = [runOf[side].value, stepOf[side].value];
    if (run === null || step === null) return null;
    const wanted = tokenSearch.value !== "" || lassoed.value.length > 0;
    return inSight.value && wanted ? api.tokenTexts(run, step, version.value) : undefined;
  }),
);

/** One meaning of colours for all plots, by side. */
export const coloursShown = computed<(PointColours & { of: readonly Side[] }) | null>(() => {
  const of = visibleSides.value.filter((side) => projectionOf[side].value.value !== null);
  if (of.length === 0) return null;
  const plots = of.map((side) => ({
    points: projectionOf[side].value.value!,
    examples: examplesOf[side].value.value?.examples ?? [],
    step: stepOf[side].value ?? 0,
    layer: shownDepth.value ?? 0,
    layers: colourBy.value === "layer" ? layersLogged(side) : [],
  }));
  return { ...pointColours(plots, colourBy.value, dark.value ? "dark" : "light"), of };
});

function layersLogged(side: Side): readonly number[] {
  const manifest = manifestOf[side].value.value;
  return manifest ? depthsOffered(manifest) : [];
}

/** 1 for the points that the search found; null where nothing is searched for. */
export const foundOf = perSide((side) =>
  computed(() => {
    const [projection, words] = [projectionOf[side].value.value, wordsOf[side].value.value];
    return projection && words ? matching(projection, words, tokenSearch.value) : null;
  }),
);

/** Which points stand out, recede or are gone. */
export const statesOf = perSide((side) =>
  computed(() => {
    const [projection, colours] = [projectionOf[side].value.value, coloursShown.value];
    const plot = colours?.of.indexOf(side) ?? -1;
    if (!projection || !colours || plot < 0) return null;
    return pointStates(projection, colours.codes[plot], colours, {
      legendOff: legendOff.value,
      isolated: isolated.value,
      concealed: concealed.value,
      found: foundOf[side].value,
      lassoed: lassoed.value,
      tag: tag.value,
    });
  }),
);

/** The lines of the chosen tokens, or of all of the example, one answer per sequence. */
export const trailsOf = perSide((side) =>
  resource<ProjectionTrail[]>(() => {
    const [place, layer, given] = [placeOf[side].value, shownDepth.value, projectionGiven.value];
    const manifest = manifestOf[side].value.value;
    const over = trails.value;
    if (!place || layer === null || !given || !manifest || over === "none") return null;
    if (!inSight.value || !visibleSides.value.includes(side)) return undefined;
    const asked = trailsOfExample.value ? tokensOfExample(manifest) : chosenTokens();
    const at = projectionPlace(place.run, place.step, layer);
    const queries = asked.map((of) => api.projectionTrail(at, given, { tag: place.tag, ...of }, over, version.value));
    return queries.length > 0 ? together(`trails ${queries.map(({ key }) => key).join()}`, queries) : null;
  }),
);

interface TokensOfSequence {
  sequence: string;
  tokens: readonly number[];
}

function chosenTokens(): TokensOfSequence[] {
  return sequence.value !== null && tokens.value.length > 0 ? [{ sequence: sequence.value, tokens: tokens.value }] : [];
}

function tokensOfExample(manifest: Manifest): TokensOfSequence[] {
  const shown = projectionOf[visibleSides.value[0]].value.value?.sequences ?? [];
  return manifest.hidden_states.flatMap(({ sequence: name }) => {
    const modality = findSequence(manifest, name)?.modality ?? [];
    const tokens = modality.flatMap((kind, token) => (kind === "padding" ? [] : [token]));
    return shown.includes(name) && tokens.length > 0 ? [{ sequence: name, tokens }] : [];
  });
}

/** The tokens nearest to the chosen one in the original space. */
export const nearestOf = perSide((side) =>
  resource(() => {
    const [place, layer, [token]] = [placeOf[side].value, shownDepth.value, tokens.value];
    if (!place || layer === null || sequence.value === null || token === undefined || !neighbourLines.value) return null;
    const states = manifestOf[side].value.value?.hidden_states.find((logged) => logged.sequence === sequence.value);
    if (!states?.layers.includes(layer)) return null;
    if (!inSight.value || !visibleSides.value.includes(side)) return undefined;
    return api.neighboursAt(place, sequence.value, token, { layer, count: NEIGHBOURS }, version.value);
  }),
);

/** What the camera was set for: elsewhere it would look at nothing. */
export const framed = computed(() => {
  const { projection, inSpace, axes, basis, pooled } = selection.value;
  if (shownDepth.value === null || projectionGiven.value === null) return null;
  const layer = basis === "stream" ? "all" : shownDepth.value;
  return JSON.stringify([projection, inSpace, projection === "pca" && !inSpace && axes, basis, pooled, layer, projectionGiven.value]);
});

/** Show all points again when they lie otherwise, unless a camera came along with the change. */
export function followProjection(): void {
  let [known, camera]: (string | null)[] = [null, ""];
  effect(() => {
    const [now, { camera: shown }] = [framed.value, selection.value];
    const changed = known !== null && now !== null && now !== known;
    if (now !== null) known = now;
    if (changed && shown === camera && shown !== "") return select({ camera: "" });
    camera = shown;
  });
}
