/** Neighbourhoods of tokens, as they are shown: whose, which are new, in which order. */

import type { ChurnedToken, DescribedToken, KindPair, Neighbour } from "../schema";

export const EVERY = "all";

/** The nearest tokens at one layer or step. */
export interface NeighbourColumn {
  /** The number of the layer or step. */
  number: number;
  neighbours: readonly Neighbour[];
}

/** The same for the same token wherever it is found. */
export function keyOf({ tag, sequence, token }: Pick<DescribedToken, "tag" | "sequence" | "token">): string {
  return `${tag} ${sequence} ${token}`;
}

/** A word is the same one in any example, where each word is found once. */
function identityOf(token: DescribedToken, words: boolean): string {
  return words && token.box === null ? `${token.modality} ${token.text}` : keyOf(token);
}

/**
 * Which neighbours of each column are not among those of the column before it: nothing is new in the
 * first. `words`: each word was found once, in whichever example it is nearest.
 */
export function newcomers(columns: readonly NeighbourColumn[], words: boolean): boolean[][] {
  return columns.map((column, index) => notAmong(column, columns[index - 1] ?? null, words));
}

/** The same against the column of the same number on the other side. */
export function newAgainst(
  columns: readonly NeighbourColumn[],
  others: readonly NeighbourColumn[],
  words: boolean,
): boolean[][] {
  return columns.map((column) => notAmong(column, others.find(({ number }) => number === column.number) ?? null, words));
}

function notAmong(column: NeighbourColumn, before: NeighbourColumn | null, words: boolean): boolean[] {
  if (before === null) return column.neighbours.map(() => false);
  const known = new Set(before.neighbours.map((one) => identityOf(one, words)));
  return column.neighbours.map((one) => !known.has(identityOf(one, words)));
}

/** The largest distance: what bars side by side have in common. */
export function farthest(columns: readonly NeighbourColumn[]): number {
  return Math.max(0, ...columns.flatMap(({ neighbours }) => neighbours.map(({ distance }) => distance)));
}

/** At most so many of the numbers, evenly, the first, the last and the chosen one among them. */
export function evenly(numbers: readonly number[], most: number, chosen: number | null): number[] {
  if (numbers.length <= most) return [...numbers];
  const places = Array.from({ length: most }, (_, index) => Math.round((index * (numbers.length - 1)) / (most - 1)));
  const place = numbers.indexOf(chosen ?? NaN);
  if (place >= 0 && !places.includes(place)) {
    const inner = places.slice(1, -1);
    const nearest = inner.reduce((best, one) => (Math.abs(one - place) < Math.abs(best - place) ? one : best), inner[0]);
    places[places.indexOf(nearest)] = place;
  }
  return [...new Set(places)].sort((first, second) => first - second).map((index) => numbers[index]);
}

/** A pair as it is in a link. */
export function pairName({ from, to }: KindPair): string {
  return `${from}-${to}`;
}

/** A pair as it is read. */
export function pairTitle({ from, to }: KindPair): string {
  return from === EVERY && to === EVERY ? "all tokens" : `${from} → ${to}`;
}

/** The pair that is wanted, or the first. */
export function findPair<P extends KindPair>(pairs: readonly P[], wanted: string | null): P | null {
  return pairs.find((pair) => pairName(pair) === wanted) ?? pairs[0] ?? null;
}

/** Tokens that the pair begins with and of which it is defined, in the order asked for; first those that changed most. */
export function changedRows(tokens: readonly ChurnedToken[], { from, to }: KindPair, sort: string | null): ChurnedToken[] {
  const own = tokens.filter((one) => (from === EVERY || one.modality === from) && (one.churn[to] ?? null) !== null);
  const churned = (one: ChurnedToken) => one.churn[to]!;
  const farther = (one: ChurnedToken) => one.farther[to] ?? 0;
  const mostChanged = (first: ChurnedToken, second: ChurnedToken) =>
    churned(second) - churned(first) || farther(second) - farther(first);
  const orders: Record<string, (first: ChurnedToken, second: ChurnedToken) => number> = {
    churn: (first, second) => -mostChanged(first, second),
    "-churn": mostChanged,
    farther: (first, second) => farther(first) - farther(second),
    "-farther": (first, second) => farther(second) - farther(first),
    tag: (first, second) => collator.compare(keyOf(first), keyOf(second)),
    "-tag": (first, second) => collator.compare(keyOf(second), keyOf(first)),
  };
  return own.sort(orders[sort ?? "-churn"] ?? mostChanged);
}

const collator = new Intl.Collator("en", { numeric: true });
