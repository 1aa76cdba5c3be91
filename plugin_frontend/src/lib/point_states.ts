/** Which points stand out, recede or are gone. */

import type { PointColours } from "./point_colours";
import { members, type PointSet } from "./point_sets";
import { findGroup, type Grouped } from "./points";
import { POINT } from "./scatter";

export interface Wanted {
  /** Keys of the legend that are switched off. */
  legendOff: readonly string[];
  /** Only these, where there are any. */
  isolated: PointSet;
  concealed: PointSet;
  /** 1 for the points that a search found; null where nothing is searched for. */
  found: Uint8Array | null;
  lassoed: PointSet;
  /** The chosen example. */
  tag: string | null;
}

/** One of POINT for every point. */
export function pointStates(points: Grouped, codes: Uint8Array, colours: PointColours, wanted: Wanted): Uint8Array {
  const states = new Uint8Array(points.count);
  const { found } = wanted;
  const lassoed = wanted.lassoed.length > 0 ? members(points, wanted.lassoed) : null;
  if (found || lassoed) {
    for (let point = 0; point < states.length; point++) {
      states[point] = found?.[point] || lassoed?.[point] ? POINT.EMPHASISED : POINT.DIMMED;
    }
  } else if (wanted.tag !== null) {
    for (const sequence of points.sequences) {
      const group = findGroup(points, wanted.tag, sequence);
      if (group >= 0) states.fill(POINT.EMPHASISED, points.starts[group], points.starts[group + 1]);
    }
  }
  conceal(states, points, codes, colours, wanted);
  return states;
}

/** Points that are shown. */
export function countShown(states: Uint8Array): number {
  let count = 0;
  for (let point = 0; point < states.length; point++) if (states[point] !== POINT.HIDDEN) count += 1;
  return count;
}

function conceal(states: Uint8Array, points: Grouped, codes: Uint8Array, colours: PointColours, wanted: Wanted): void {
  const off = new Uint8Array(256);
  for (const { key, code } of colours.categories) off[code] = Number(wanted.legendOff.includes(key));
  const alone = wanted.isolated.length > 0 ? members(points, wanted.isolated) : null;
  const gone = wanted.concealed.length > 0 ? members(points, wanted.concealed) : null;
  if (!alone && !gone && !off.includes(1)) return;
  for (let point = 0; point < states.length; point++) {
    if (off[codes[point]] || (alone && !alone[point]) || gone?.[point]) states[point] = POINT.HIDDEN;
  }
}

/** The legend's keys after a click on one: it goes off or on again. */
export function toggledKey(off: readonly string[], key: string): readonly string[] {
  return off.includes(key) ? off.filter((other) => other !== key) : [...off, key];
}

/** Only that key stays on; all, where it was the only one. */
export function onlyKey(off: readonly string[], key: string, all: readonly string[]): readonly string[] {
  const others = all.filter((other) => other !== key);
  const alone = !off.includes(key) && others.every((other) => off.includes(other));
  return alone ? [] : others;
}
