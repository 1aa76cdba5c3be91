/** Lines of tokens: over steps or layers, from A to B, to their nearest neighbours. */

import type { Projection, ProjectionTrail } from "../schema";
import { counterparts, findPoint, groupOf, type Grouped } from "./points";
import type { PlaceLabel, ScatterTrails } from "./scatter";

/** More lines from A to B than that are a blur. */
export const MOST_LINES = 5000;
const MOST_LABELS = 24;

/** A line before it is packed with others: its places, its colour, whether it stands out. */
export interface Line {
  /** (places, components), NaN where it is not defined. */
  positions: Float32Array;
  /** Of the whole line, or of each place. */
  colour: number | readonly number[];
  emphasis: boolean;
}

/** The lines as the plot takes them; shorter ones end earlier. Null where there are none. */
export function packed(lines: readonly Line[], components: number, current: number): ScatterTrails | null {
  if (lines.length === 0) return null;
  const places = Math.max(...lines.map(({ positions }) => positions.length / components));
  const positions = new Float32Array(lines.length * places * components).fill(NaN);
  lines.forEach((line, index) => positions.set(line.positions, index * places * components));
  return {
    positions,
    places,
    colours: coloursOf(lines, places),
    emphasis: Uint8Array.from(lines, ({ emphasis }) => Number(emphasis)),
    current,
  };
}

/** One per line, or where a line changes its colour one per line and place. */
function coloursOf(lines: readonly Line[], places: number): Uint8Array {
  if (lines.every(({ colour }) => typeof colour === "number")) return Uint8Array.from(lines, ({ colour }) => colour as number);
  const colours = new Uint8Array(lines.length * places);
  lines.forEach(({ colour }, index) => {
    if (typeof colour === "number") colours.fill(colour, index * places, (index + 1) * places);
    else colours.set(colour, index * places);
  });
  return colours;
}

/**
 * A line for every token of the answers. `codes` are the colours of the projection's points;
 * `codeOf` is that of a place, where colours say which place it is.
 */
export function trailLines(
  trails: readonly ProjectionTrail[],
  points: Grouped,
  codes: Uint8Array,
  codeOf: ((place: number) => number) | null = null,
): Line[] {
  return trails.flatMap(({ tag, sequence, tokens, positions, places, components }) =>
    tokens.map((token, index): Line => {
      const point = findPoint(points, { tag, sequence, token });
      const length = places.length * components;
      return {
        positions: positions.subarray(index * length, (index + 1) * length),
        colour: codeOf ? places.map(codeOf) : point < 0 ? 0 : codes[point],
        emphasis: true,
      };
    }),
  );
}

/** What stands at the lines' ends: their words; of a single line also where it begins. */
export function trailLabels(
  trails: readonly ProjectionTrail[],
  wordOf: (trail: ProjectionTrail, token: number) => string,
  placeName: (place: number) => string,
): PlaceLabel[] {
  const count = trails.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const labels: PlaceLabel[] = [];
  for (const trail of trails) {
    trail.tokens.forEach((token, index) => {
      const defined = trail.places.map((_, place) => place).filter((place) => !Number.isNaN(row(trail, index, place)[0]));
      if (defined.length === 0 || labels.length >= MOST_LABELS) return;
      const [first, last] = [defined[0], defined[defined.length - 1]];
      const word = wordOf(trail, token);
      labels.push({ place: row(trail, index, last), text: count > 1 ? word : `${word}, ${placeName(trail.places[last])}` });
      if (count === 1 && first !== last) labels.push({ place: row(trail, index, first), text: placeName(trail.places[first]) });
    });
  }
  return labels;
}

/** Lines from where points lie in A to where they lie in B; of too many some, those that stand out first. */
export function changeLines(a: Projection, b: Projection, codes: Uint8Array, states: Uint8Array, emphasised: number, hidden: number): { lines: Line[]; of: number } {
  const before = counterparts(a, b);
  const both: number[] = [];
  for (let point = 0; point < before.length; point++) if (before[point] >= 0 && states[point] !== hidden) both.push(point);
  const strong = both.filter((point) => states[point] === emphasised).slice(0, MOST_LINES);
  const others = both.filter((point) => states[point] !== emphasised);
  const every = Math.max(1, Math.ceil(others.length / Math.max(1, MOST_LINES - strong.length)));
  const taken = [...others.filter((_, index) => index % every === 0).slice(0, MOST_LINES - strong.length), ...strong];
  const { components } = b;
  const lines = taken.map((point): Line => {
    const positions = new Float32Array(2 * components);
    positions.set(a.positions.subarray(components * before[point], components * (before[point] + 1)));
    positions.set(b.positions.subarray(components * point, components * (point + 1)), components);
    return { positions, colour: codes[point], emphasis: states[point] === emphasised };
  });
  return { lines, of: both.length };
}

/** Lines from a point to others. */
export function linesBetween(projection: Projection, from: number, to: readonly number[], codes: Uint8Array): Line[] {
  const { components, positions } = projection;
  const at = (point: number) => positions.subarray(components * point, components * (point + 1));
  return to.map((point) => ({ positions: Float32Array.from([...at(from), ...at(point)]), colour: codes[point], emphasis: true }));
}

/** The examples that points are of, in their order. */
export function groupsOf(points: Grouped, chosen: Iterable<number>): number[] {
  return [...new Set([...chosen].map((point) => groupOf(points, point)))];
}

function row({ positions, places, components }: ProjectionTrail, index: number, place: number): Float32Array {
  const start = (index * places.length + place) * components;
  return positions.subarray(start, start + components);
}
