/** What lies behind the points: ticks of a plane, or the box around a space. */

import { shownRanges, toPixel, type Camera, type Matrix, type Range } from "../lib/camera";
import { formatNumber } from "../lib/format";
import { ticks } from "../lib/scale";

interface Props {
  camera: Camera;
  matrix: Matrix;
  width: number;
  height: number;
  extent: readonly Range[];
  titles: readonly string[];
}

export function ScatterAxes(props: Props) {
  return props.extent.length > 2 ? <SpaceBox {...props} /> : <PlaneAxes {...props} />;
}

function PlaneAxes({ camera, matrix, width, height, titles }: Props) {
  const [across, up] = shownRanges(camera, width / height);
  const pixel = (x: number, y: number) => toPixel(matrix, width, height, [x, y]);
  return (
    <>
      <svg class="scatter-axes" width={width} height={height} aria-hidden="true">
        {ticks(...across, 6).map((tick) => {
          const [x] = pixel(tick, 0);
          return (
            <g key={tick} class="axis">
              <line x1={x} x2={x} y1={0} y2={height} />
              {x > 30 && x < width - 90 && (
                <text x={x} y={height - 6} text-anchor="middle">
                  {formatNumber(tick)}
                </text>
              )}
            </g>
          );
        })}
        {ticks(...up, 6).map((tick) => {
          const [, y] = pixel(0, tick);
          return (
            <g key={tick} class="axis">
              <line x1={0} x2={width} y1={y} y2={y} />
              {y > 28 && y < height - 24 && (
                <text x={6} y={y - 4}>
                  {formatNumber(tick)}
                </text>
              )}
            </g>
          );
        })}
      </svg>
      <span class="axis-title horizontal">{titles[0]}</span>
      <span class="axis-title vertical">{titles[1]}</span>
    </>
  );
}

type Corner = readonly [number, number, number];

/** The box around all points, and the name of each axis along one of its edges. */
function SpaceBox({ matrix, width, height, extent, titles }: Props) {
  const edges = [0, 1, 2].map((axis) => edgesAlong(axis, extent).map(([from, to]) => [from, to].map((corner) => toPixel(matrix, width, height, corner))));
  const seen = edges.map((parallel) => parallel.filter(([from, to]) => !Number.isNaN(from[0] + to[0])));
  return (
    <svg class="scatter-axes" width={width} height={height} aria-hidden="true">
      <path class="scatter-box" d={seen.flat().map(([from, to]) => `M${from[0]} ${from[1]}L${to[0]} ${to[1]}`).join("")} />
      {seen.map((parallel, axis) => {
        const edge = outermost(parallel, axis === 1 ? 0 : 1);
        if (!edge) return null;
        const upright = axis === 1;
        const [x, y] = [0, 1].map((index) => 0.5 * (edge[0][index] + edge[1][index]));
        return (
          <text
            key={axis}
            class="scatter-box-title"
            x={upright ? x : Math.min(width - 4, Math.max(4, x))}
            y={upright ? y : Math.min(height - 6, y)}
            dx={upright ? "-0.6em" : undefined}
            dy={upright ? undefined : "1.4em"}
            text-anchor={upright ? "end" : "middle"}
          >
            {titles[axis]}
          </text>
        );
      })}
    </svg>
  );
}

/** The four edges of the box along an axis. */
function edgesAlong(axis: number, extent: readonly Range[]): [Corner, Corner][] {
  return [0, 1, 2, 3].map((place) => {
    const sides = [0, 1, 2].filter((other) => other !== axis);
    const corner = (end: number) =>
      extent.map((range, index) => (index === axis ? range[end] : range[(place >> sides.indexOf(index)) & 1])) as unknown as Corner;
    return [corner(0), corner(1)];
  });
}

/** The edge that lies leftmost (of direction 0) or lowest (1) on the screen. */
function outermost(edges: readonly (readonly number[])[][], direction: 0 | 1): (readonly number[])[] | undefined {
  const rank = ([from, to]: (readonly number[])[]) => (direction === 0 ? -1 : 1) * (from[direction] + to[direction]);
  return [...edges].sort((first, second) => rank(second) - rank(first))[0];
}
