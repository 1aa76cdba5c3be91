/** What the user can do, in terms of what was logged. */

import { exampleOf, listedExamples, runOf, stepOf } from "./catalogue";
import { differenceObstacle } from "./comparison";
import { depthsOffered, manifestOf, shownDepth } from "./data";
import { effectiveBlock, firstTokenOf, nearest, type TokenChoice } from "./lib/blocks";
import { headKey, toggled } from "./lib/heads";
import { MODES, type Head, type Mode, type Role, type Selection, type Side, type View } from "./lib/selection";
import type { Manifest } from "./schema";
import { pointed, select, selection, visibleSides } from "./state";

export function showView(view: View): void {
  select({ view });
}

export function chooseRun(side: Side, run: string | null): void {
  if (side === "a") select({ runA: run });
  else if (run === null) select({ runB: null, stepB: null, mode: "a" });
  else select({ runB: run, stepB: selection.peek().stepB ?? stepOf.a.peek(), mode: nextMode() });
}

/** Move a side to a step. B starts in A's run and comes up beside A. */
export function moveTo(side: Side, step: number): void {
  if (side === "a") select({ stepA: step });
  else select({ runB: runOf.b.peek() ?? runOf.a.peek(), stepB: step, mode: nextMode() });
}

function nextMode(): Mode {
  const { mode, runB } = selection.peek();
  return runB === null && mode === "a" ? "ab" : mode;
}

/** Show one side or compare both. Without a B, what is shown becomes B, and A goes to the first step. */
export function showMode(mode: Mode): void {
  const { runA, runB, stepA } = selection.peek();
  if (mode === "a" || runB !== null || runA === null) return select({ mode });
  const steps = exampleOf.a.peek()?.steps ?? [];
  if (steps.length < 2) return;
  const shown = stepOf.a.peek() ?? stepA;
  const other = shown === steps[0] ? steps[steps.length - 1] : steps[0];
  select({ mode, runB: runA, stepA: Math.min(other, shown!), stepB: Math.max(other, shown!) });
}

/** Why the mode can't be chosen, or null. */
export function modeObstacle(mode: Mode): string | null {
  const alone = (exampleOf.a.value?.steps.length ?? 0) < 2 && runOf.b.value === null;
  if (mode !== "a" && alone) return "Only one step was logged: choose a second run as B.";
  return mode === "difference" ? differenceObstacle.value : null;
}

export function swapSides(): void {
  const { runA, runB, stepA, stepB } = selection.peek();
  if (runB !== null) select({ runA: runB, runB: runA, stepA: stepB, stepB: stepA });
}

export function toggleMode(mode: Mode): void {
  if (modeObstacle(mode) === null) showMode(selection.peek().mode === mode ? MODES[0] : mode);
}

/** Go to the next (or a previous) step on the side in front. False at the end. */
export function moveStep(distance: number): boolean {
  const side = visibleSides.peek()[0];
  const steps = exampleOf[side].peek()?.steps ?? [];
  const target = steps[steps.indexOf(stepOf[side].peek() ?? NaN) + distance];
  if (target === undefined) return false;
  moveTo(side, target);
  return true;
}

export function chooseExample(tag: string): void {
  select({ tag });
}

export function moveExample(distance: number): void {
  const listed = listedExamples.peek();
  const index = listed.findIndex(({ tag }) => tag === selection.peek().tag);
  const target = listed[index < 0 ? 0 : index + distance];
  if (target) chooseExample(target.tag);
}

/** Show a head. The chosen token moves into the block's sequence, where it is not in it. */
export function chooseHead(name: string, layer: number, head: Head): void {
  select(withHead(name, layer, head));
}

/** The pointer is on a head, or on none. */
export function hoverHead(name: string, at: { layer: number; head: Head } | null): void {
  pointed.value = at && withHead(name, at.layer, at.head);
}

function withHead(name: string, layer: number, head: Head): Partial<Selection> {
  const manifest = frontManifest();
  const block = manifest?.attention.find((candidate) => candidate.name === name);
  if (!manifest || !block) return {};
  const { role, sequence } = selection.peek();
  const moved = sequence === block[role] ? {} : tokenIn(manifest, name, role);
  const elsewhere = name === selection.peek().block ? {} : { window: null };
  return { block: name, layer: nearest(block.layers, layer), head, headSet: [], layerSet: [], ...moved, ...elsewhere };
}

/** Ask about tokens. Where the chosen block doesn't have them, its counterpart is chosen instead. */
export function chooseTokens(sequence: string, tokens: readonly number[]): void {
  select({ sequence, tokens, ...blockFor(sequence, selection.peek().role) });
}

/** Ask about a token of any example. */
export function choosePoint(tag: string, sequence: string, token: number): void {
  select({ tag });
  chooseTokens(sequence, [token]);
}

/** Ask the reverse question of the same token, or of one of the block's other sequence. */
export function chooseRole(role: Role): void {
  const manifest = frontManifest();
  const { block, sequence } = selection.peek();
  if (!manifest || block === null) return;
  const moved = sequence === null ? null : blockFor(sequence, role);
  select({ role, ...(moved ?? tokenIn(manifest, block, role)) });
}

/** Keep an eye on these heads too; where all of them are picked, no longer. */
export function togglePicked(keys: readonly string[]): void {
  select({ picked: toggled(selection.peek().picked, keys) });
}

/** Pick the chosen head, or let go of it. */
export function toggleChosenPicked(): void {
  const { block, layer, head } = selection.peek();
  if (block !== null && layer !== null && typeof head === "number") togglePicked([headKey(block, { layer, head })]);
}

/** Go to the next (or a previous) layer; a set of heads stays. False at the end. */
export function moveLayer(distance: number): boolean {
  const { layers, layer } = layersAhead();
  const target = layers[layers.indexOf(layer) + distance];
  if (target !== undefined) chooseLayer(target);
  return target !== undefined;
}

/** Go to the first layer where the last one is shown. */
export function restartLayers(): void {
  const { layers, layer } = layersAhead();
  if (layers.length > 1 && layer === layers[layers.length - 1]) chooseLayer(layers[0]);
}

function chooseLayer(layer: number): void {
  if (selection.peek().view === "embeddings") select({ depth: layer });
  else select({ layer, layerSet: [] });
}

/** The layers that the open view can show, and the one it shows. */
function layersAhead(): { layers: readonly number[]; layer: number } {
  const manifest = frontManifest();
  const { view, block: name, layer } = selection.peek();
  if (view === "embeddings") return { layers: manifest ? depthsOffered(manifest) : [], layer: shownDepth.peek() ?? NaN };
  const block = manifest?.attention.find((candidate) => candidate.name === name);
  return { layers: block?.layers ?? [], layer: layer ?? NaN };
}

export function moveHead(distance: number): void {
  const { block: name, layer, head } = selection.peek();
  const block = frontManifest()?.attention.find((candidate) => candidate.name === name);
  if (!block || layer === null) return;
  const heads: Head[] = [...Array(block.heads).keys(), "mean"];
  const target = heads[heads.indexOf(head ?? "mean") + distance];
  if (target !== undefined) chooseHead(block.name, layer, target);
}

/** What the example on the side in front consists of. */
export function frontManifest(): Manifest | null {
  return manifestOf[visibleSides.peek()[0]].value.peek() ?? manifestOf.a.value.peek();
}

/** The block that tells of tokens in this sequence: the chosen one or its counterpart. */
function blockFor(sequence: string, role: Role): { block: string; layer: number } | null {
  const blocks = frontManifest()?.attention ?? [];
  const { block: name, layer } = selection.peek();
  const chosen = blocks.find((candidate) => candidate.name === name);
  const effective = chosen && effectiveBlock(blocks, chosen, sequence, role);
  return effective ? { block: effective.name, layer: nearest(effective.layers, layer ?? 0) } : null;
}

function tokenIn(manifest: Manifest, name: string, role: Role): TokenChoice {
  const block = manifest.attention.find((candidate) => candidate.name === name)!;
  return { sequence: block[role], tokens: [firstTokenOf(manifest, block, role)] };
}

