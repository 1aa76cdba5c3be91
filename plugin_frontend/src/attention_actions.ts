/** What the user can do with the tokens, heads and layers whose attention is shown. */

import { chooseHead, chooseTokens, frontManifest } from "./actions";
import { findSequence, headsOf, layersOf } from "./lib/blocks";
import { chosenAfter, rangeTo, type Gesture } from "./lib/choice";
import { ascending } from "./lib/number_set";
import { playableTokens } from "./lib/playable";
import type { Head, Reduction } from "./lib/selection";
import { wordAround } from "./lib/words";
import type { AttentionBlock } from "./schema";
import { select, selection, wholeWords } from "./state";

/** Point at a token: choose it, or what the gesture makes of it. */
export function pointAt(sequence: string, token: number, gesture: Gesture): void {
  const found = sequenceNamed(sequence);
  if (!found) return;
  const chosen = chosenIn(sequence);
  const pointed = gesture === "range" ? rangeTo(chosen, token, found.boxes) : [token];
  const words = gesture === "word" || wholeWords.peek();
  const meant = words ? pointed.flatMap((one) => wordAround(found.tokens, found.modality, one)) : pointed;
  chooseTokens(sequence, chosenAfter(chosen, ascending(meant), gesture));
}

/** Choose all tokens of a region, or add them to the chosen ones. */
export function pointAtRegion(sequence: string, tokens: readonly number[], add: boolean): void {
  if (tokens.length > 0) chooseTokens(sequence, add ? ascending([...chosenIn(sequence), ...tokens]) : tokens);
}

/** Go to the next (or a previous) token: of an answer that was generated, in its order. False at the end. */
export function moveToken(distance: number): boolean {
  const manifest = frontManifest();
  const { sequence, tokens, block: name, role } = selection.peek();
  const found = sequence === null ? undefined : sequenceNamed(sequence);
  const block = manifest?.attention.find((candidate) => candidate.name === name);
  if (!found || !block || sequence === null) return false;
  const playable = playableTokens(found, block, tokens, role);
  const target =
    distance > 0
      ? playable.find((token) => token > Math.max(...tokens))
      : playable.filter((token) => token < Math.min(...tokens)).at(-1);
  if (target === undefined) return false;
  pointAt(sequence, target, "only");
  return true;
}

/** Choose the first token that can be played, where the last one is chosen. */
export function restartTokens(): void {
  const { sequence, tokens, block: name, role } = selection.peek();
  const found = sequence === null ? undefined : sequenceNamed(sequence);
  const block = frontManifest()?.attention.find((candidate) => candidate.name === name);
  if (!found || !block || sequence === null) return;
  const playable = playableTokens(found, block, tokens, role);
  const [first, last] = [playable[0], playable.at(-1)];
  const outside = tokens.every((token) => !playable.includes(token));
  if (first !== undefined && (outside || tokens.includes(last!))) pointAt(sequence, first, "only");
}

/** Take a head into the set that is combined, or out of it again. */
export function toggleHead(name: string, layer: number, head: Head): void {
  const block = blockNamed(name);
  if (!block || name !== selection.peek().block || head === "mean") return chooseHead(name, layer, head);
  const heads = headsOf(selection.peek(), block);
  const chosen = heads === "mean" ? [] : heads;
  const layers = layersOf(selection.peek(), block);
  const within = chosen.includes(head) && layers.includes(layer);
  if (!within) return combine(ascending([...chosen, head]), heads === "mean" ? [layer] : ascending([...layers, layer]));
  if (chosen.length > 1) combine(chosen.filter((other) => other !== head), layers);
  else if (layers.length > 1) combine(chosen, layers.filter((other) => other !== layer));

  function combine(headSet: readonly number[], layerSet: readonly number[]): void {
    const alone = headSet.length === 1 && layerSet.length === 1;
    select({
      head: headSet.at(-1),
      layer: layerSet.includes(layer) ? layer : layerSet.at(-1),
      headSet: alone ? [] : headSet,
      layerSet: layerSet.length > 1 ? layerSet : [],
    });
  }
}

/** All heads of a layer. */
export function chooseWholeLayer(name: string, layer: number): void {
  chooseHead(name, layer, "mean");
  combineBy(selection.peek().reduce);
}

/** A head (or the mean of all) over all layers. */
export function chooseWholeHead(name: string, head: Head): void {
  const block = blockNamed(name);
  if (!block) return;
  chooseHead(name, selection.peek().layer ?? block.layers[0], head);
  select({ layerSet: block.weight_layers.length > 1 ? block.weight_layers : [] });
}

/** Combine heads and layers by their mean or their maximum. */
export function combineBy(reduce: Reduction): void {
  const block = blockNamed(selection.peek().block);
  if (!block) return select({ reduce });
  const heads = headsOf(selection.peek(), block);
  if (reduce === "max" && heads === "mean") return select({ reduce, headSet: block.weight_heads });
  const all = heads !== "mean" && heads.length === block.heads && heads.length > 1;
  select({ reduce, ...(reduce === "mean" && all ? { head: "mean", headSet: [] } : {}) });
}

function chosenIn(sequence: string): readonly number[] {
  return selection.peek().sequence === sequence ? selection.peek().tokens : [];
}

function sequenceNamed(name: string) {
  const manifest = frontManifest();
  return manifest ? findSequence(manifest, name) : undefined;
}

function blockNamed(name: string | null): AttentionBlock | undefined {
  return frontManifest()?.attention.find((candidate) => candidate.name === name);
}
