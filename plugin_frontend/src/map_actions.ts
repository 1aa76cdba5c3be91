/** What the user can do with maps of relevancy. */

import { togglePlay } from "./actions";
import { sameExplained, type Explained } from "./lib/maps";
import { explainedOffered, explainedShown, methodsOffered, methodsShown, relevancyOf } from "./relevancy";
import { playing, playingWords, select, visibleSides } from "./state";

/** Show the method beside the others, or no longer. One always stays. */
export function toggleMethod(name: string): void {
  const shown = methodsShown.peek().map((method) => method.name);
  const chosen = shown.includes(name) ? shown.filter((other) => other !== name) : [...shown, name];
  if (chosen.length > 0) select({ methods: chosen });
}

export function showOnlyMethod(name: string): void {
  select({ methods: [name] });
}

/** Show the next (or a previous) method alone. */
export function moveMethod(distance: number): void {
  const offered = methodsOffered.peek();
  const target = offered[offered.indexOf(methodsShown.peek()[0]) + distance];
  if (target) showOnlyMethod(target.name);
}

export function choosePositionExplained(position: number): void {
  const explained = explainedOffered.peek().find((offered) => offered.position === position);
  if (explained) chooseExplained(explained);
}

export function chooseExplained({ target, position }: Explained): void {
  select({ target, position });
}

/** Go to the next (or a previous) word or class that was explained. False at the end. */
export function moveExplained(distance: number): boolean {
  const offered = explainedOffered.peek();
  const shown = explainedShown.peek();
  const target = offered[offered.findIndex((explained) => sameExplained(explained, shown)) + distance];
  if (target) chooseExplained(target);
  return target !== undefined;
}

const WORD_MILLISECONDS = 900;
let clock = 0;

/** Play the explained words, from the start where the last one is shown. */
export function togglePlayWords(): void {
  clearInterval(clock);
  playingWords.value = !playingWords.peek() && explainedOffered.peek().length > 1;
  if (!playingWords.peek()) return;
  if (playing.peek()) togglePlay();
  const offered = explainedOffered.peek();
  if (offered.length > 1 && sameExplained(explainedShown.peek(), offered[offered.length - 1])) {
    chooseExplained(offered[0]);
  }
  clock = window.setInterval(() => {
    if (!playingWords.peek()) return clearInterval(clock);
    const busy = visibleSides.peek().some((side) => relevancyOf[side].loading.peek());
    if (!busy && !moveExplained(1)) togglePlayWords();
  }, WORD_MILLISECONDS);
}
