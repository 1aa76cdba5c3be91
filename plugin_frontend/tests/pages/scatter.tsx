/** A page with nothing but a scatter plot of made points, for tests and measurements in a real browser. */

import { render } from "preact";
import { useState } from "preact/hooks";
import { Scatter, type ScatterProps } from "../../src/elements/Scatter";
import { ScatterTools } from "../../src/elements/ScatterTools";
import type { Camera, Range } from "../../src/lib/camera";
import type { Rgb } from "../../src/lib/colour";
import type { Combination, ScatterPoints, SelectTool } from "../../src/lib/scatter";

const PALETTE: readonly Rgb[] = [[0, 114, 178], [230, 159, 0], [125, 125, 125], [0, 158, 115]];

/** What happened, in order. */
interface Happened {
  chosen: number[];
  hovered: number[];
  selected: { points: number[]; how: Combination }[];
  camera: Camera | null;
}

interface Wanted {
  count: number;
  components: 2 | 3;
  extra?: Partial<ScatterProps>;
}

export const happened: Happened = { chosen: [], hovered: [], selected: [], camera: null };

/** Four clouds around different places, by a fixed sequence of numbers. */
export function madePoints(count: number, components: 2 | 3): ScatterPoints {
  let state = 7;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  const positions = new Float32Array(count * components);
  const kinds = new Uint8Array(count);
  for (let point = 0; point < count; point++) {
    kinds[point] = point % 4;
    const turn = (kinds[point] * Math.PI) / 2;
    const centre = [2 * Math.cos(turn), 2 * Math.sin(turn), Math.cos(2 * turn)];
    for (let axis = 0; axis < components; axis++) positions[components * point + axis] = centre[axis] + 0.6 * normal();
  }
  return {
    positions,
    components,
    axes: components === 2 ? [0, 1] : [0, 1, 2],
    colours: kinds,
    kinds,
    shapes: ["circle", "square", "diamond", "triangle"],
    states: new Uint8Array(count),
  };
}

function Page({ points, extra }: { points: ScatterPoints; extra: Partial<ScatterProps> }) {
  const [camera, setCamera] = useState<Camera | null>(null);
  const [tool, setTool] = useState<SelectTool | null>(null);
  const extent = useStable(points.axes.map((): Range => [-4, 4]));
  happened.camera = camera;
  return (
    <div style={{ display: "flex", flexDirection: "column", height: "100vh" }}>
      <ScatterTools extent={extent} camera={camera} tool={tool} onCamera={setCamera} onTool={setTool} />
      <Scatter
        label="made points"
        points={points}
        palette={PALETTE}
        extent={extent}
        camera={camera}
        axisTitles={["first", "second", "third"]}
        chosen={-1}
        tool={tool}
        onCamera={setCamera}
        onHover={(point) => happened.hovered.push(point)}
        onChoose={(point) => happened.chosen.push(point)}
        onSelect={(selected, how) => happened.selected.push({ points: [...selected], how })}
        {...extra}
      />
    </div>
  );
}

function useStable<T>(value: T): T {
  return useState(value)[0];
}

let shown: { points: ScatterPoints; extra: Partial<ScatterProps> };
let root = 0;

/** A plot of made points; what was there before is gone. */
export function show({ count, components, extra = {} }: Wanted): void {
  shown = { points: madePoints(count, components), extra };
  root++;
  draw();
}

/** The same plot with other properties; `states`, of the points. */
export function change(extra: Partial<ScatterProps>, states?: Uint8Array): void {
  shown = { points: states ? { ...shown.points, states } : shown.points, extra: { ...shown.extra, ...extra } };
  draw();
}

export const points = () => shown.points;

function draw(): void {
  render(<Page key={root} {...shown} />, document.body);
}

/** Squares of the given number of pixels, each of its own shade, as pictures to cut thumbnails from. */
export function madePicture(side: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d")!;
  const shades = context.createLinearGradient(0, 0, side, side);
  shades.addColorStop(0, "rgb(220 40 40)");
  shades.addColorStop(1, "rgb(40 220 220)");
  context.fillStyle = shades;
  context.fillRect(0, 0, side, side);
  return canvas;
}
