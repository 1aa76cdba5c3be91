/** What the user can do, in terms of what was logged. */

import { exampleOf, listedExamples, runOf, stepOf } from "./catalogue";
import { differenceObstacle } from "./comparison";
import { attentionOf, depthsOf, manifestOf, shownDepth } from "./data";
import { effectiveBlock, firstTokenOf, nearest } from "./lib/blocks";
import { headKey, toggled } from "./lib/heads";
import { MODES, type Head, type Mode, type Role, type Side, type View } from "./lib/selection";
import { relevancyOf } from "./relevancy";
import type { Manifest } from "./schema";
import { playing, playingWords, select, selection, visibleSides } from "./state";

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

const FRAME_MILLISECONDS = 900;
let clock = 0;

/** Play the steps, from the start where the last one is shown. */
export function togglePlay(): void {
  playing.value = !playing.peek();
  clearInterval(clock);
  if (!playing.peek()) return;
  playingWords.value = false;
  const side = visibleSides.peek()[0];
  const steps = exampleOf[side].peek()?.steps ?? [];
  if (stepOf[side].peek() === steps[steps.length - 1] && steps.length > 1) moveTo(side, steps[0]);
  clock = window.setInterval(() => {
    const busy = [attentionOf[side], manifestOf[side], relevancyOf[side]].some(({ loading }) => loading.peek());
    if (!busy && !moveStep(1)) togglePlay();
  }, FRAME_MILLISECONDS);
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
  const manifest = frontManifest();
  const block = manifest?.attention.find((candidate) => candidate.name === name);
  if (!manifest || !block) return;
  const { role, sequence } = selection.peek();
  const moved = sequence === block[role] ? {} : tokenIn(manifest, name, role);
  select({ block: name, layer: nearest(block.layers, layer), head, ...moved });
}

/** Ask about a token. Where the chosen block doesn't have it, its counterpart is chosen instead. */
export function chooseToken(sequence: string, token: number): void {
  select({ sequence, token, ...blockFor(sequence, selection.peek().role) });
}

/** Ask about a token of any example. */
export function choosePoint(tag: string, sequence: string, token: number): void {
  select({ tag });
  chooseToken(sequence, token);
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

export function moveLayer(distance: number): void {
  if (selection.peek().view === "embeddings") return moveDepth(distance);
  const { block: name, layer, head } = selection.peek();
  const block = frontManifest()?.attention.find((candidate) => candidate.name === name);
  const target = block?.layers[block.layers.indexOf(layer ?? NaN) + distance];
  if (block && target !== undefined) chooseHead(block.name, target, head ?? "mean");
}

export function moveHead(distance: number): void {
  const { block: name, layer, head } = selection.peek();
  const block = frontManifest()?.attention.find((candidate) => candidate.name === name);
  if (!block || layer === null) return;
  const heads: Head[] = [...Array(block.heads).keys(), "mean"];
  const target = heads[heads.indexOf(head ?? "mean") + distance];
  if (target !== undefined) chooseHead(block.name, layer, target);
}

function moveDepth(distance: number): void {
  const manifest = frontManifest();
  if (!manifest) return;
  const depths = depthsOf(manifest);
  const target = depths[depths.indexOf(shownDepth.peek() ?? NaN) + distance];
  if (target !== undefined) select({ depth: target });
}

function frontManifest(): Manifest | null {
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

function tokenIn(manifest: Manifest, name: string, role: Role): { sequence: string; token: number } {
  const block = manifest.attention.find((candidate) => candidate.name === name)!;
  return { sequence: block[role], token: firstTokenOf(manifest, block, role) };
}

