/** Playing: one step, token, layer or explained word after another. */

import { computed } from "@preact/signals";
import { moveLayer, moveStep, moveTo, restartLayers } from "./actions";
import { moveToken, restartTokens } from "./attention_actions";
import { exampleOf, stepOf } from "./catalogue";
import { headStatisticsOf } from "./cohorts";
import { attentionOf, galleryOf, lensOf, manifestOf, projectionOf } from "./data";
import { sameExplained } from "./lib/maps";
import { chooseExplained, moveExplained } from "./map_actions";
import { explainedOffered, explainedShown, relevancyOf } from "./relevancy";
import { playing, playSpeed, selection, toPlay, visibleSides, type Played } from "./state";

const FRAME_MILLISECONDS = 900;
let clock = 0;

/** What the open view can play; the chosen subject where it can, else the first. */
export const offeredToPlay = computed<readonly Played[]>(() => {
  const { view } = selection.value;
  const steps: Played[] = (exampleOf[visibleSides.value[0]].value?.steps.length ?? 0) > 1 ? ["steps"] : [];
  if (view === "heads" || view === "attention") return [...steps, "tokens", "layers"];
  if (view === "embeddings") return [...steps, "layers"];
  return explainedOffered.value.length > 1 ? [...steps, "words"] : steps;
});

export const played = computed<Played | null>(() => {
  const offered = offeredToPlay.value;
  return offered.includes(toPlay.value) ? toPlay.value : (offered[0] ?? null);
});

/** Begin or pause, from the start where the end is shown. With a subject: play that. */
export function togglePlay(subject: Played | null = played.peek()): void {
  const goesOn = playing.peek() && subject === played.peek();
  pause();
  if (goesOn || subject === null || !offeredToPlay.peek().includes(subject)) return;
  toPlay.value = subject;
  playing.value = true;
  restart(subject);
  keepTime();
}

export function choosePlayed(subject: Played): void {
  pause();
  toPlay.value = subject;
}

export function chooseSpeed(speed: number): void {
  playSpeed.value = speed;
  if (playing.peek()) keepTime();
}

function pause(): void {
  clearInterval(clock);
  playing.value = false;
}

/** Go on at every beat, once what is shown has been loaded. */
function keepTime(): void {
  clearInterval(clock);
  clock = window.setInterval(() => {
    const subject = played.peek();
    if (subject === null) return pause();
    if (!isLoading() && !moveOn(subject)) pause();
  }, FRAME_MILLISECONDS / playSpeed.peek());
}

function isLoading(): boolean {
  const resources = [manifestOf, headStatisticsOf, attentionOf, galleryOf, projectionOf, relevancyOf, lensOf];
  return visibleSides.peek().some((side) => resources.some((resource) => resource[side].loading.peek()));
}

function moveOn(subject: Played): boolean {
  if (subject === "steps") return moveStep(1);
  if (subject === "tokens") return moveToken(1);
  return subject === "layers" ? moveLayer(1) : moveExplained(1);
}

/** To the first where the last is shown; tokens from the first that can be played. */
function restart(subject: Played): void {
  const side = visibleSides.peek()[0];
  if (subject === "steps") {
    const steps = exampleOf[side].peek()?.steps ?? [];
    if (stepOf[side].peek() === steps[steps.length - 1] && steps.length > 1) moveTo(side, steps[0]);
  } else if (subject === "tokens") {
    restartTokens();
  } else if (subject === "layers") {
    restartLayers();
  } else {
    const offered = explainedOffered.peek();
    if (sameExplained(explainedShown.peek(), offered[offered.length - 1])) chooseExplained(offered[0]);
  }
}
