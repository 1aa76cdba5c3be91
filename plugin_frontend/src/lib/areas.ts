/** Parts of a whole along an axis, one upon the other, as SVG paths. */

import { stretches } from "./curves";

type Numbers = readonly number[];
type Place = (value: number) => number;

/** Where a part begins and ends, in the unit of the parts, at each place; NaN where it is not defined. */
export interface Layer {
  lower: number[];
  upper: number[];
}

/** The parts from the bottom to the top. A place counts where all parts are defined. */
export function stacked(parts: readonly Numbers[]): Layer[] {
  const places = parts[0]?.length ?? 0;
  const heights = Array.from({ length: places }, (_, place) =>
    parts.some((values) => Number.isNaN(values[place])) ? NaN : 0,
  );
  return parts.map((values) => {
    const lower = [...heights];
    values.forEach((value, place) => (heights[place] += value));
    return { lower, upper: [...heights] };
  });
}

/** The layer's outline, a closed path per stretch; a place alone is a bar of this half width. */
export function areaPaths(layer: Layer, places: Numbers, x: Place, y: Place, halfBar: number): string[] {
  return stretches(layer.upper).map((indices) => {
    const [alone] = indices;
    const corners = indices.length > 1
      ? indices.map((index) => [x(places[index]), index])
      : [[x(places[alone]) - halfBar, alone], [x(places[alone]) + halfBar, alone]];
    const edge = (values: Numbers) => ([at, index]: number[]) => `${at.toFixed(1)} ${y(values[index]).toFixed(1)}`;
    return `M${[...corners.map(edge(layer.upper)), ...[...corners].reverse().map(edge(layer.lower))].join("L")}Z`;
  });
}

/** How much thicker a part has to be than nearer to the middle, for its name to go there. */
const WORTH_MOVING = 1.15;

/** At how many points along the axis there is looked for room. */
const SAMPLES = 25;

/** A text in the layer where that is thick, rather in the middle: where, or null where there is no room for it. */
export function labelPlace(
  layer: Layer,
  places: Numbers,
  x: Place,
  y: Place,
  text: { width: number; height: number },
  [left, right]: readonly [number, number],
): { x: number; y: number } | null {
  const half = text.width / 2;
  if (right - left < text.width) return null;
  const at = places.map(x);
  const centre = (left + right) / 2;
  const samples = Array.from({ length: SAMPLES }, (_, index) => left + half + ((right - left - text.width) * index) / (SAMPLES - 1));
  let best: { x: number; y: number } | null = null;
  let needed = text.height;
  for (const middle of samples.sort((one, other) => Math.abs(one - centre) - Math.abs(other - centre))) {
    const under = [middle - half, middle, middle + half, ...at.filter((one) => Math.abs(one - middle) < half)];
    const top = Math.max(...under.map((one) => y(between(at, layer.upper, one))));
    const bottom = Math.min(...under.map((one) => y(between(at, layer.lower, one))));
    if (!(bottom - top > needed)) continue;
    needed = WORTH_MOVING * (bottom - top);
    best = { x: middle, y: (top + bottom) / 2 };
  }
  return best;
}

/** The value on the line through the values at ascending places; beyond the ends that of the nearer one. */
function between(at: Numbers, values: Numbers, wanted: number): number {
  const next = at.findIndex((one) => one >= wanted);
  if (next < 0) return values[at.length - 1];
  if (next === 0 || at[next] === wanted) return values[next];
  const share = (wanted - at[next - 1]) / (at[next] - at[next - 1]);
  return values[next - 1] + share * (values[next] - values[next - 1]);
}

/** The places to be named: both ends, and those in between that are this far from the others. */
export function spacedLabels(places: Numbers, x: Place, gap: number): number[] {
  if (places.length < 2) return [...places];
  const last = places[places.length - 1];
  const found = [places[0]];
  for (const place of places.slice(1, -1)) {
    if (x(place) - x(found[found.length - 1]) >= gap && x(last) - x(place) >= gap) found.push(place);
  }
  return [...found, last];
}
