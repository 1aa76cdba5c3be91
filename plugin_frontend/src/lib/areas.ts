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

/** A text in the layer where that is thickest: its middle, or null where there is no room for it. */
export function labelPlace(
  layer: Layer,
  places: Numbers,
  x: Place,
  y: Place,
  text: { width: number; height: number },
  [left, right]: readonly [number, number],
): { x: number; y: number } | null {
  let best: { x: number; y: number } | null = null;
  let thickest = text.height;
  const half = text.width / 2;
  if (right - left < text.width) return null;
  for (const place of places) {
    const middle = Math.min(right - half, Math.max(left + half, x(place)));
    const under = places.flatMap((other, index) => (Math.abs(x(other) - middle) <= half || other === place ? [index] : []));
    const top = Math.max(...under.map((index) => y(layer.upper[index])));
    const bottom = Math.min(...under.map((index) => y(layer.lower[index])));
    if (!(bottom - top > thickest)) continue;
    thickest = bottom - top;
    best = { x: middle, y: (top + bottom) / 2 };
  }
  return best;
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
