/** What lies over the points: rings around single ones, labels, and the line that selects. */

import { toPixel, type Matrix } from "../lib/camera";
import type { Pixel } from "../lib/lasso";
import { placedLabels } from "../lib/place_labels";
import { onAxes, POINT, rowOf, type PlaceLabel, type ScatterPoints } from "../lib/scatter";
import { textSize } from "./text_size";

interface Props {
  points: ScatterPoints;
  matrix: Matrix;
  width: number;
  height: number;
  chosen: number;
  hovered: number;
  labels: readonly PlaceLabel[];
  line: readonly Pixel[] | null;
}

export function ScatterMarks({ points, matrix, width, height, chosen, hovered, labels, line }: Props) {
  const text = textSize();
  const pixel = (place: ArrayLike<number>) => toPixel(matrix, width, height, onAxes(place, points.axes));
  const ring = (point: number, kind: string) => {
    if (point < 0 || point >= points.states.length || points.states[point] === POINT.HIDDEN) return null;
    const [x, y] = pixel(rowOf(points, point));
    return Number.isNaN(x) ? null : <circle class={`ring ${kind}`} cx={x} cy={y} r={(kind === "chosen" ? 0.7 : 0.6) * text} />;
  };
  const placed = placedLabels(labels.map(({ place, text: words }) => ({ at: pixel(place), words })), width, height, text);
  return (
    <svg class="scatter-marks" width={width} height={height} aria-hidden="true">
      {placed.map(({ x, y, words, anchor }) => (
        <text key={`${words} ${x} ${y}`} class="scatter-label" x={x} y={y} text-anchor={anchor}>
          {words}
        </text>
      ))}
      {ring(chosen, "chosen")}
      {ring(hovered, "hovered")}
      {line && <path class="brush" fill-rule="evenodd" data-testid="select-line" d={`M${line.map((place) => place.join(" ")).join("L")}z`} />}
    </svg>
  );
}
