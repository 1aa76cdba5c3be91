/** The keyboard, for everything that is not typed into a field. */

import * as actions from "../../actions";
import { onKeyDown } from "../../host";
import { VIEWS } from "../../lib/selection";
import { moveExplained, moveMethod } from "../../map_actions";
import { togglePlay } from "../../play";
import { movePoint } from "../../point_actions";
import { helpShown, select, selection } from "../../state";

const inPoints = () => selection.peek().view === "embeddings" && selection.peek().embeddingPanel === "points";
const inRelevancy = () => selection.peek().view === "relevancy";

const ACTIONS: Record<string, () => unknown> = {
  ArrowLeft: () => void actions.moveStep(-1),
  ArrowRight: () => void actions.moveStep(1),
  ArrowUp: () => actions.moveExample(-1),
  ArrowDown: () => actions.moveExample(1),
  k: () => actions.moveExample(-1),
  j: () => actions.moveExample(1),
  "[": () => (inRelevancy() ? moveMethod(-1) : actions.moveLayer(-1)),
  "]": () => (inRelevancy() ? moveMethod(1) : actions.moveLayer(1)),
  ",": () => (inRelevancy() ? moveExplained(-1) : actions.moveHead(-1)),
  ".": () => (inRelevancy() ? moveExplained(1) : actions.moveHead(1)),
  p: () => togglePlay(inRelevancy() ? "words" : "tokens"),
  " ": () => togglePlay(),
  a: () => actions.toggleMode("a"),
  b: () => actions.toggleMode("b"),
  s: () => actions.toggleMode("ab"),
  d: () => actions.toggleMode("difference"),
  m: () => select({ smooth: !selection.peek().smooth }),
  x: () => selection.peek().view === "heads" && actions.toggleChosenPicked(),
  Enter: () => selection.peek().view === "examples" && actions.showView("attention"),
  i: () => select({ card: !selection.peek().card }),
  n: () => inPoints() && movePoint(1),
  N: () => inPoints() && movePoint(-1),
  "/": () => document.querySelector<HTMLElement>("input.search")?.focus(),
  "?": () => (helpShown.value = true),
};

VIEWS.forEach((view, index) => {
  ACTIONS[String(index + 1)] = () => actions.showView(view);
});

export function listenToKeys(): void {
  onKeyDown((event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target as HTMLElement;
    if (target.closest("select, textarea, dialog")) return;
    if (target.tagName === "INPUT") {
      if (event.key === "Escape") target.blur();
      return;
    }
    if ((event.key === " " || event.key === "Enter") && target.closest("button, summary, a")) return;
    const action = ACTIONS[event.key] ?? ACTIONS[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
