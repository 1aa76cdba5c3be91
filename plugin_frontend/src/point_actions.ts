/** What the user can do with the points of the Embeddings view. */

import { choosePoint } from "./actions";
import { runOf, runs } from "./catalogue";
import { projectionOf } from "./data";
import { foundOf, statesOf } from "./embedding_points";
import { atBookmark, readBookmark, unitedBookmarks, writeBookmark, type Bookmark } from "./lib/bookmarks";
import { members, united, writeSet } from "./lib/point_sets";
import { findPoint, identity } from "./lib/points";
import { POINT, type Combination } from "./lib/scatter";
import { fromParameters, toParameters, type Basis, type Side, type TrailsOver } from "./lib/selection";
import { nextHit } from "./lib/token_search";
import { recall, remember } from "./memory";
import { select, selection, visibleSides } from "./state";

/** Choose the token of a point; of a mean, its example. */
export function choose(side: Side, point: number): void {
  const projection = projectionOf[side].value.peek();
  if (!projection || point < 0) return;
  const { tag, sequence, token } = identity(projection, point);
  if (token < 0) select({ tag });
  else choosePoint(tag, sequence, token);
}

/** Go to the next point (or the one before) of those found, else of those taken with the lasso, else of all shown. */
export function movePoint(distance: 1 | -1): void {
  const side = visibleSides.peek()[0];
  const projection = projectionOf[side].value.peek();
  const states = statesOf[side].peek();
  if (!projection || !states) return;
  const { lassoed } = selection.peek();
  const wanted = foundOf[side].peek() ?? (lassoed.length > 0 ? members(projection, lassoed) : null);
  const candidates = states.map((state, point) => Number(state !== POINT.HIDDEN && (wanted === null || wanted[point] === 1)));
  choose(side, nextHit(candidates, chosenPoint(side), distance));
}

/** The point of the chosen token, or -1. */
export function chosenPoint(side: Side): number {
  const projection = projectionOf[side].value.value;
  const { tag, sequence, tokens } = selection.value;
  if (!projection || tag === null || sequence === null || tokens.length === 0) return -1;
  return findPoint(projection, { tag, sequence, token: tokens[0] });
}

/** Points were drawn around: take them, or add them to those taken, or let go of them. */
export function lasso(side: Side, points: Uint32Array, how: Combination): void {
  const projection = projectionOf[side].value.peek();
  if (!projection) return;
  const drawn = writeSet(projection, points);
  const { lassoed } = selection.peek();
  if (how === "replace") return select({ lassoed: drawn });
  if (how === "add") return select({ lassoed: united(lassoed, drawn) });
  const [taken, gone] = [members(projection, lassoed), members(projection, drawn)];
  const left = taken.map((is, point) => is & ~gone[point]);
  select({ lassoed: writeSet(projection, indices(left)) });
}

export function isolate(): void {
  select({ isolated: selection.peek().lassoed, lassoed: [] });
}

export function conceal(): void {
  const { concealed, lassoed } = selection.peek();
  select({ concealed: united(concealed, lassoed), lassoed: [] });
}

export function showAll(): void {
  select({ isolated: [], concealed: [], legendOff: [] });
}

/** Where a mask is 1. */
export function indices(mask: Uint8Array): Uint32Array {
  let count = 0;
  const found = new Uint32Array(mask.length);
  for (let point = 0; point < mask.length; point++) if (mask[point]) found[count++] = point;
  return found.slice(0, count);
}

/** Lines over layers need places that can be compared between them. */
export function chooseTrails(trails: TrailsOver): void {
  select(trails === "layers" ? { trails, basis: "stream" } : { trails });
}

export function chooseBasis(basis: Basis): void {
  const { trails } = selection.peek();
  select(basis === "layer" && trails === "layers" ? { basis, trails: "none" } : { basis });
}

/** Sets hold other points then. */
export function choosePooled(pooled: boolean): void {
  select({ pooled, lassoed: [], isolated: [], concealed: [] });
}

export function addBookmark(name: string): void {
  keep(unitedBookmarks([writeBookmark(name, toParameters(selection.peek()))], selection.peek().bookmarks));
}

export function removeBookmark(name: string): void {
  keep(selection.peek().bookmarks.filter((written) => readBookmark(written)?.name !== name));
}

export function openBookmark(bookmark: Bookmark): void {
  const { bookmarks } = selection.peek();
  selection.value = { ...fromParameters(atBookmark(toParameters(selection.peek()), bookmark)), bookmarks };
}

/** Those of the link come first, then those that this browser knows of the run. */
export function recallBookmarks(): void {
  const name = memoryName();
  if (name === null) return;
  const known = recall(name)?.split("\n").filter(Boolean) ?? [];
  const { bookmarks } = selection.peek();
  const all = unitedBookmarks(bookmarks, known);
  if (all.length > bookmarks.length) select({ bookmarks: all });
}

function keep(bookmarks: readonly string[]): void {
  select({ bookmarks });
  const name = memoryName();
  if (name !== null) remember(name, bookmarks.join("\n"));
}

function memoryName(): string | null {
  const run = runOf.a.peek();
  return run === null || !runs.peek() ? null : `bookmarks.${runs.peek()!.logdir}.${run}`;
}
