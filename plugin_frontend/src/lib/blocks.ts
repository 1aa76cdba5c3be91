/** Which attention blocks answer the question "what does this token look at?". */

import type { AttentionBlock, Box, Manifest, TokenSequence } from "../schema";
import type { Head, Role, Selection } from "./selection";

/** One array of weights to fetch: what the token looks at in one sequence. */
export interface AttentionPart {
  block: AttentionBlock;
  layer: number;
  head: Head;
  /** The sequence whose tokens get the weights. */
  shown: string;
  /** Position of the chosen token in the block's query (or key) sequence. */
  position: number;
  /** False for a block that only fills in what the chosen one doesn't cover. */
  chosen: boolean;
  /** Why there is nothing to fetch, or null. */
  missing: string | null;
}

export interface AttentionPlan {
  sequence: string;
  token: number;
  role: Role;
  parts: AttentionPart[];
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
export function attentionPlan(manifest: Manifest, selection: Selection): AttentionPlan | null {
  const selected =
    manifest.attention.find((block) => block.name === selection.block) ?? manifest.attention[0];
  if (!selected) return null;
  const { role } = selection;
  const start = startToken(manifest, selected, role);
  const wanted = selection.sequence === null ? undefined : findSequence(manifest, selection.sequence);
  const sequence = wanted?.name ?? start.sequence;
  const token =
    wanted && selection.token !== null ? Math.min(selection.token, wanted.tokens.length - 1) : start.token;
  const effective = effectiveBlock(manifest.attention, selected, sequence, role);
  const parts: AttentionPart[] = [];
  if (effective) {
    const layer = nearest(effective.layers, selection.layer ?? effective.layers[0]);
    const head = selection.head === null || selection.head === "mean" ? "mean" : selection.head;
    parts.push(part(effective, layer, head !== "mean" && head >= effective.heads ? "mean" : head, true));
    for (const block of companionBlocks(manifest.attention, effective, layer, role)) {
      parts.push(part(block, nearest(block.layers, layer), "mean", false));
    }
  }
  return { sequence, token, role, parts };

  function part(block: AttentionBlock, layer: number, head: Head, chosen: boolean): AttentionPart {
    const missing = notLogged(block, layer, head, role, token);
    return { block, layer, head, shown: shownSequence(block, role), position: token, chosen, missing };
  }
}

/** Why there are no weights to show, if there are none. */
function notLogged(
  block: AttentionBlock,
  layer: number,
  head: Head,
  role: Role,
  token: number,
): string | null {
  const unkept = onlyStatistics(block, layer, head);
  if (unkept !== null) return unkept;
  if (role === "query" && !(block.rows?.includes(token) ?? true)) {
    return "What this token looks at was not logged; what looks at it was.";
  }
  if (role === "key" && !(block.keys?.includes(token) ?? true)) {
    return "What looks at this token was not logged; what it looks at was.";
  }
  return null;
}

/** Says so where none of the head's weights were kept. */
export function onlyStatistics(block: AttentionBlock, layer: number, head: Head): string | null {
  if (!block.weight_layers.includes(layer)) return `Of layer ${layer} only the statistics were logged.`;
  if (head !== "mean" && !block.weight_heads.includes(head)) {
    return `Of head ${head} only the statistics were logged.`;
  }
  return null;
}

/** The token to begin with: a word, if any block of the same kind has words, else a patch. */
export function startToken(
  manifest: Manifest,
  block: AttentionBlock,
  role: Role,
): { sequence: string; token: number } {
  const withText = manifest.attention.find(
    (candidate) => candidate.kind === block.kind && hasText(findSequence(manifest, candidate[role])),
  );
  const chosen = hasText(findSequence(manifest, block[role])) ? block : (withText ?? block);
  return { sequence: chosen[role], token: firstTokenOf(manifest, chosen, role) };
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
