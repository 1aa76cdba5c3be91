/** The relevancy that the selection means: maps, their drift, evaluations over samples. */

import { computed } from "@preact/signals";
import * as api from "./api";
import { perSide, placeOf, runOf, runs, version } from "./catalogue";
import { drifts, relevancyFrame } from "./frames";
import { explainedOf, methodsOf, sameExplained, type Explained, type Method } from "./lib/maps";
import { seriesOf, type Series } from "./lib/series";
import { resource } from "./resource";
import { field, visibleSides } from "./state";

const view = field("view");
const inSight = computed(() => view.value === "relevancy");
const chosenMethods = field("methods");
const target = field("target");
const position = field("position");

export const relevancyOf = perSide((side) =>
  resource(() => {
    const place = placeOf[side].value;
    if (!place) return null;
    return inSight.value ? relevancyFrame(place) : undefined;
  }),
);

/** What was measured over many samples in the side's run. */
export const evaluationsOf = perSide((side) =>
  resource(() => {
    const run = runOf[side].value;
    if (run === null || !runs.value?.runs.some((summary) => summary.run === run)) return null;
    return inSight.value ? api.evaluations(run, version.value) : undefined;
  }),
);

const visibleMaps = computed(() => visibleSides.value.flatMap((side) => relevancyOf[side].value.value?.maps ?? []));

const seen = new Map<string, string>();

/** The titles of methods. One seen before keeps its title, place and look at a step that lacks it. */
const titles = computed(() => {
  const found = new Map<string, string>();
  for (const side of visibleSides.value) {
    for (const { curves, measures } of evaluationsOf[side].value.value?.evaluations ?? []) {
      for (const { method, method_title } of [...curves, ...measures]) found.set(method, method_title);
    }
    for (const { method, title } of relevancyOf[side].value.value?.manifest.perturbation ?? []) found.set(method, title);
  }
  for (const { method, title } of visibleMaps.value) found.set(method, title);
  for (const [method, title] of seen) if (!found.has(method)) found.set(method, title);
  for (const [method, title] of found) seen.set(method, title);
  return found;
});

/** The methods that can be chosen: those logged at a step shown, and those chosen before. */
export const methodsOffered = computed<Method[]>(() => {
  const logged = methodsOf(visibleMaps.value);
  const missing = chosenMethods.value.filter((name) => !logged.some((method) => method.name === name));
  const offered = [...logged, ...missing.map((name) => ({ name, title: titleFor(name), description: "" }))];
  // In an order that stays as steps come and go.
  const order = [...titles.value.keys()];
  const place = ({ name }: Method) => (order.indexOf(name) + order.length + 1) % (order.length + 1);
  return offered.sort((first, second) => place(first) - place(second));
});

/** The methods shown: those chosen, at first the first. */
export const methodsShown = computed<Method[]>(() => {
  const chosen = methodsOffered.value.filter(({ name }) => chosenMethods.value.includes(name));
  return chosen.length > 0 ? chosen : methodsOffered.value.slice(0, 1);
});

/** What the maps of the side in front explain. */
export const explainedOffered = computed<Explained[]>(() => {
  const [front, other] = visibleSides.value.map((side) => relevancyOf[side].value.value?.maps ?? []);
  return explainedOf(front.length > 0 ? front : other ?? []);
});

/** What the maps shown explain: what was chosen, or was logged first. */
export const explainedShown = computed<Explained | null>(() => {
  const wanted = target.value === null ? null : { target: target.value, position: position.value };
  const offered = explainedOffered.value;
  return (
    offered.find((explained) => sameExplained(explained, wanted)) ??
    offered.find((explained) => explained.target === wanted?.target) ??
    offered.find((explained) => explained.position !== null && explained.position === wanted?.position) ??
    offered[0] ??
    null
  );
});

/** How the maps of the methods shown changed over the steps. */
export const driftOf = perSide((side) =>
  resource(() => {
    const place = placeOf[side].value;
    const methods = methodsShown.value.map(({ name }) => name);
    if (!place || methods.length === 0) return null;
    const { run, tag } = place;
    // The step doesn't matter: moving along the steps must not ask again.
    if (!inSight.value) return undefined;
    return drifts({ run, tag, step: 0 }, methods, target.value ?? "", version.value);
  }),
);

const series = computed(() => seriesOf([...titles.value.keys()].filter((name) => name !== "")));

/** The look of a method's lines. What is not of a method has the page's accent. */
export function seriesFor(method: string): Series {
  return series.value.get(method) ?? { colour: "var(--accent)", dash: null };
}

/** The method as it is called. */
export function titleFor(method: string): string {
  return titles.value.get(method) ?? method;
}
