/** What the user can do with maps of relevancy. */

import { sameExplained, type Explained } from "./lib/maps";
import { explainedOffered, explainedShown, methodsOffered, methodsShown } from "./relevancy";
import { select } from "./state";

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
