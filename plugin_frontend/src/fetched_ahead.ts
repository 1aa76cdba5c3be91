/** What is one key away from what is shown, loaded once that is there; and what the pointer rests on. */

import { effect } from "@preact/signals";
import * as api from "./api";
import { exampleOf, listedExamples, placeOf, version } from "./catalogue";
import { headStatisticsAt, headStatisticsOf, historiesAt, historiesOf } from "./cohorts";
import {
  attentionOf,
  attentionOn,
  galleryInSight,
  galleryOf,
  galleryOn,
  lensOf,
  projectionGiven,
  projectionOf,
  projectionPlace,
  shownDepth,
  statisticsOf,
} from "./data";
import { attentionFrame, lensFrame, relevancyFrame, statisticsFrame } from "./frames";
import { attentionChoice, type AttentionChoice, type Side } from "./lib/selection";
import { prefetch, type Query } from "./loading";
import { matrixFrame, matrixInSight, matrixOf } from "./matrix";
import { relevancyOf } from "./relevancy";
import { pointed, selection, visibleSides } from "./state";

const SHOWN = [
  attentionOf,
  galleryOf,
  headStatisticsOf,
  historiesOf,
  lensOf,
  matrixOf,
  projectionOf,
  relevancyOf,
  statisticsOf,
];
const PAUSE_MILLISECONDS = 120;
const REST_MILLISECONDS = 60;

/** More would push out of the cache what is shown. */
const MOST_POINTS = 200_000;

export function fetchAhead(): void {
  effect(() => {
    const sides = visibleSides.value;
    const settled = SHOWN.every((resources) => sides.every((side) => !resources[side].loading.value));
    if (!settled) return undefined;
    const wanted = sides.flatMap((side) => oneKeyAway(side));
    return fetchAfter(PAUSE_MILLISECONDS, () => wanted);
  });
  effect(() => {
    const change = pointed.value;
    return change === null ? undefined : fetchAfter(REST_MILLISECONDS, () => oneClickAway(change));
  });
}

/** What it returns calls it off. */
function fetchAfter(milliseconds: number, wanted: () => Query<unknown>[]): () => void {
  const controller = new AbortController();
  const timer = setTimeout(() => prefetch(wanted(), controller.signal), milliseconds);
  return () => {
    clearTimeout(timer);
    controller.abort();
  };
}

function oneClickAway(change: Partial<AttentionChoice>): Query<unknown>[] {
  return visibleSides.peek().flatMap((side) => {
    const place = placeOf[side].peek();
    return place ? pictures(place, { ...selection.peek(), ...change }) : [];
  });
}

function oneKeyAway(side: Side): Query<unknown>[] {
  const place = placeOf[side].value;
  if (!place) return [];
  const { view } = selection.value;
  if (view === "embeddings") return besideEmbeddings(side, place);
  const [steps, examples] = [stepsBeside(side, place), examplesBeside(place)];
  const places = [...steps, ...examples];
  if (view === "relevancy") return places.map(relevancyFrame);
  if (matrixInSight.value) {
    return places.flatMap((there) => [statisticsFrame(there), matrixFrame(there, selection.value)]);
  }
  return [
    ...steps.flatMap(besideAttention),
    ...examples.flatMap((there) => [statisticsFrame(there), attentionFrame(there, selection.value)]),
    ...(view === "heads" ? statisticsBeside().map((name) => historiesAt(side, name)) : []),
    ...layersBeside().flatMap((layer) => pictures(place, { ...attentionChoice(selection.value), layer, layerSet: [] })),
  ].filter((query) => query !== null);
}

function besideAttention(place: api.Place): (Query<unknown> | null)[] {
  const ofHeads = selection.value.view === "heads" ? [headStatisticsAt(place)] : [];
  return [statisticsFrame(place), ...ofHeads, ...pictures(place, selection.value)];
}

/** What the pictures show: the chosen head, and the gallery where one is open. */
function pictures(place: api.Place, choice: AttentionChoice): Query<unknown>[] {
  return [attentionOn(place, choice), ...(galleryInSight.value ? [galleryOn(place, choice)] : [])];
}

function besideEmbeddings(side: Side, place: api.Place): Query<unknown>[] {
  const { embeddingPanel } = selection.value;
  const steps = stepsBeside(side, place);
  if (embeddingPanel === "lens") return [...steps, ...examplesBeside(place)].map(lensFrame);
  if (embeddingPanel !== "points") return [];
  const [layer, given] = [shownDepth.value, projectionGiven.value];
  const shown = projectionOf[side];
  if (layer === null || given === null || shown.error.value !== null) return [];
  if ((shown.value.value?.count ?? 0) > MOST_POINTS) return [];
  return steps.map(({ run, step }) => api.projection(projectionPlace(run, step, layer), given, version.value));
}

/** The next and the previous step at which the example was logged. */
function stepsBeside(side: Side, place: api.Place): api.Place[] {
  return beside(exampleOf[side].value?.steps ?? [], place.step).map((step) => ({ ...place, step }));
}

/** The next and the previous example of the list, at the same checkpoint. */
function examplesBeside(place: api.Place): api.Place[] {
  const listed = listedExamples.value;
  const shown = listed.find(({ tag }) => tag === place.tag);
  const logged = beside(listed, shown).filter(({ steps }) => steps.includes(place.step));
  return logged.map(({ tag }) => ({ ...place, tag }));
}

function layersBeside(): number[] {
  const { block: name, layer } = selection.value;
  return beside(shownManifest()?.attention.find((block) => block.name === name)?.layers ?? [], layer);
}

/** The next and the previous statistic of the menu. */
function statisticsBeside(): string[] {
  const offered = new Set(shownManifest()?.attention.flatMap(({ statistics }) => statistics.map(({ name }) => name)));
  return beside([...offered], selection.value.statistic);
}

function shownManifest() {
  return statisticsOf[visibleSides.value[0]].value.value?.manifest;
}

function beside<T>(all: readonly T[], shown: T | null | undefined): T[] {
  const index = all.findIndex((one) => one === shown);
  return index < 0 ? [] : [all[index + 1], all[index - 1]].filter((one) => one !== undefined);
}
