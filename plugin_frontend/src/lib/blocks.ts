/** Which attention blocks answer the question "what does this token look at?". */

import type { AttentionBlock, Box, Manifest, TokenSequence } from "../schema";
import { ascending } from "./number_set";
import type { AttentionChoice, Reduction, Role } from "./selection";

/** One array of weights to fetch: what the tokens look at in one sequence. */
export interface AttentionPart {
  block: AttentionBlock;
  /** Layers and heads whose weights are combined. */
  layers: readonly number[];
  heads: readonly number[] | "mean";
  reduce: Reduction;
  /** The sequence whose tokens get the weights. */
  shown: string;
  /** Positions of the chosen tokens in the block's query (or key) sequence, those that were logged. */
  positions: readonly number[];
  /** False for a block that only fills in what the chosen one doesn't cover. */
  chosen: boolean;
  /** Why there is nothing to fetch, or null. */
  missing: string | null;
  /** What of the question had to be left out, or null. */
  partly: string | null;
}

export interface AttentionPlan {
  sequence: string;
  tokens: readonly number[];
  role: Role;
  parts: AttentionPart[];
}

/** The sequence of the chosen tokens, and their positions. */
export interface TokenChoice {
  sequence: string;
  tokens: readonly number[];
}

/** The element nearest to the wanted number; the first of two equally near. */
export function nearest(numbers: readonly number[], wanted: number): number {
  return numbers.reduce((best, number) =>
    Math.abs(number - wanted) < Math.abs(best - wanted) ? number : best,
  );
}

export function findSequence(manifest: Manifest, name: string): TokenSequence | undefined {
  return manifest.sequences.find((sequence) => sequence.name === name);
}

/** The sequence on the other side of the block from the chosen token. */
export function shownSequence(block: AttentionBlock, role: Role): string {
  return role === "query" ? block.key : block.query;
}

/**
 * The selected block, if the chosen token takes part in it in that role; else its counterpart: the
 * block of the same kind in which it does, at the same place among its like.
 */
export function effectiveBlock(
  blocks: readonly AttentionBlock[],
  selected: AttentionBlock,
  sequence: string,
  role: Role,
): AttentionBlock | null {
  if (selected[role] === sequence) return selected;
  const alike = (owner: string) =>
    blocks.filter((block) => block.kind === selected.kind && block[role] === owner);
  const place = alike(selected[role]).indexOf(selected);
  const candidates = alike(sequence);
  return candidates[Math.min(place, candidates.length - 1)] ?? null;
}

/** Per sequence that the effective block doesn't show, the block of nearest layer that does. */
export function companionBlocks(
  blocks: readonly AttentionBlock[],
  effective: AttentionBlock,
  layer: number,
  role: Role,
): AttentionBlock[] {
  const companions = new Map<string, AttentionBlock>();
  const distance = (block: AttentionBlock) => Math.abs(nearest(block.layers, layer) - layer);
  for (const block of blocks) {
    const shown = shownSequence(block, role);
    if (block[role] !== effective[role] || shown === shownSequence(effective, role)) continue;
    const known = companions.get(shown);
    if (!known || distance(block) < distance(known)) companions.set(shown, block);
  }
  return [...companions.values()];
}

/** Everything to fetch for a selection in one example, or null where it has no attention. */
export function attentionPlan(manifest: Manifest, selection: AttentionChoice): AttentionPlan | null {
  const selected =
    manifest.attention.find((block) => block.name === selection.block) ?? manifest.attention[0];
  if (!selected) return null;
  const { role, reduce } = selection;
  const { sequence, tokens } = tokensIn(manifest, selected, selection);
  const effective = effectiveBlock(manifest.attention, selected, sequence, role);
  const parts: AttentionPart[] = [];
  if (effective) {
    const wanted = layersOf(selection, effective);
    parts.push(part(effective, wanted, headsOf(selection, effective), true));
    for (const block of companionBlocks(manifest.attention, effective, wanted[0], role)) {
      const near = ascending(wanted.map((layer) => nearest(block.layers, layer)));
      parts.push(part(block, near, "mean", false));
    }
  }
  return { sequence, tokens, role, parts };

  function part(
    block: AttentionBlock,
    layers: readonly number[],
    heads: readonly number[] | "mean",
    chosen: boolean,
  ): AttentionPart {
    const kept = keptOf(block, layers, heads, role, tokens);
    return { block, ...kept, reduce, shown: shownSequence(block, role), chosen };
  }
}

/** The layers that are combined in the block: those of the set, else the nearest to the one chosen. */
export function layersOf({ layerSet, layer }: Pick<AttentionChoice, "layerSet" | "layer">, block: AttentionBlock): readonly number[] {
  const known = layerSet.filter((number) => block.layers.includes(number));
  return known.length > 0 ? known : [nearest(block.layers, layer ?? block.layers[0])];
}

/** The heads that are combined in the block: those of the set, else the one chosen, else the mean of all. */
export function headsOf({ headSet, head }: Pick<AttentionChoice, "headSet" | "head">, block: AttentionBlock): readonly number[] | "mean" {
  const known = headSet.filter((number) => number < block.heads);
  if (known.length > 0) return known;
  return head === null || head === "mean" || head >= block.heads ? "mean" : [head];
}

/** The chosen tokens as far as the example has them, else those to begin with. */
function tokensIn(manifest: Manifest, block: AttentionBlock, selection: AttentionChoice): TokenChoice {
  const sequence = selection.sequence === null ? undefined : findSequence(manifest, selection.sequence);
  if (sequence && selection.tokens.length > 0) {
    const known = selection.tokens.filter((token) => token < sequence.tokens.length);
    return { sequence: sequence.name, tokens: known.length > 0 ? known : [sequence.tokens.length - 1] };
  }
  const start = startToken(manifest, block, selection.role);
  const same = !sequence || sequence.name === start.sequence;
  return same ? start : { sequence: sequence.name, tokens: [sequence.tokens.length - 1] };
}

type Kept = Pick<AttentionPart, "layers" | "heads" | "positions" | "missing" | "partly">;

/** What of layers, heads and tokens was logged, and what to say of the rest. */
function keptOf(
  block: AttentionBlock,
  layers: readonly number[],
  heads: readonly number[] | "mean",
  role: Role,
  tokens: readonly number[],
): Kept {
  const logged = role === "query" ? block.rows : block.keys;
  const kept = {
    layers: layers.filter((layer) => block.weight_layers.includes(layer)),
    heads: heads === "mean" ? heads : heads.filter((head) => block.weight_heads.includes(head)),
    positions: logged === null ? tokens : tokens.filter((token) => logged.includes(token)),
  };
  const nothing = (missing: string): Kept => ({ layers, heads, positions: tokens, missing, partly: null });
  if (kept.layers.length === 0) return nothing(`Of ${counted("layer", layers)} only the statistics were logged.`);
  if (heads !== "mean" && kept.heads.length === 0) {
    return nothing(`Of ${counted("head", heads)} only the statistics were logged.`);
  }
  if (kept.positions.length === 0) return nothing(notLogged(role, tokens.length));
  const lacking = [
    kept.layers.length < layers.length && counted("layer", without(layers, kept.layers)),
    heads !== "mean" && kept.heads.length < heads.length && counted("head", without(heads, kept.heads as number[])),
    kept.positions.length < tokens.length && `${tokens.length - kept.positions.length} of ${tokens.length} tokens`,
  ].filter(Boolean);
  return { ...kept, missing: null, partly: lacking.length > 0 ? `without ${lacking.join(", ")}: not logged` : null };
}

function notLogged(role: Role, tokens: number): string {
  const [these, them] = tokens > 1 ? ["these tokens", "them"] : ["this token", "it"];
  const look = tokens > 1 ? "they look" : "it looks";
  return role === "query"
    ? `What ${these} ${tokens > 1 ? "look" : "looks"} at was not logged; what looks at ${them} was.`
    : `What looks at ${these} was not logged; what ${look} at was.`;
}

/** "layer 3", "heads 3, 5". */
function counted(what: string, numbers: readonly number[]): string {
  return `${what}${numbers.length > 1 ? "s" : ""} ${numbers.join(", ")}`;
}

function without(all: readonly number[], some: readonly number[]): number[] {
  return all.filter((number) => !some.includes(number));
}

/** The token to begin with: a word, if any block of the same kind has words, else a patch. */
export function startToken(
  manifest: Manifest,
  block: AttentionBlock,
  role: Role,
): TokenChoice {
  const withText = manifest.attention.find(
    (candidate) => candidate.kind === block.kind && hasText(findSequence(manifest, candidate[role])),
  );
  const chosen = hasText(findSequence(manifest, block[role])) ? block : (withText ?? block);
  return { sequence: chosen[role], tokens: [firstTokenOf(manifest, chosen, role)] };
}

/** A telling token of the block's own sequence: the last word, else the patch on the target. */
export function firstTokenOf(manifest: Manifest, block: AttentionBlock, role: Role): number {
  const sequence = findSequence(manifest, block[role])!;
  const kept = role === "query" && block.rows !== null ? new Set(block.rows) : null;
  const positions = sequence.tokens.map((_, index) => index).filter((index) => kept?.has(index) ?? true);
  const words = positions.filter(
    (index) => isWord(sequence.modality[index]) && /[\p{L}\p{N}]/u.test(sequence.tokens[index]),
  );
  const patches = positions.filter((index) => sequence.modality[index] === "image");
  const onTarget = patches.find((index) => liesOn(sequence.boxes[index], manifest.target_boxes));
  return words.at(-1) ?? onTarget ?? patches[Math.floor(patches.length / 2)] ?? positions[0] ?? 0;
}

function liesOn(box: Box | null, targets: readonly Box[]): boolean {
  if (!box) return false;
  const [x, y] = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
  return targets.some(([x0, y0, x1, y1]) => x >= x0 && x <= x1 && y >= y0 && y <= y1);
}

function hasText(sequence: TokenSequence | undefined): boolean {
  return sequence?.modality.some(isWord) ?? false;
}

function isWord(modality: string): boolean {
  return modality === "text" || modality === "generated";
}
