/** What all parts of a scatter plot are painted with. */

import type { Matrix } from "../lib/camera";
import type { Rgb } from "../lib/colour";
import type { Program } from "./gl_program";

export interface ScatterView {
  matrix: Matrix;
  space: boolean;
  /** w of the front-most and of the farthest point, for what is far to fade; not used on a plane. */
  depth: readonly [number, number];
  /** About how much of the points is in view, 0..1. */
  shareInView: number;
  /** Size of the text in pixels of the canvas. */
  text: number;
  background: Rgb;
  ink: Rgb;
}

/** What shows how far things are: they fade and get smaller. */
export const DEPTH_CUE = `
uniform vec2 depth;
uniform highp vec3 background;
vec3 faded(vec3 colour, float w) {
  float share = depth.y > depth.x ? clamp((w - depth.x) / (depth.y - depth.x), 0.0, 1.0) : 0.0;
  return mix(colour, background, 0.7 * share * share);
}
float nearness(float w) {
  return depth.y > depth.x ? clamp(1.0 / w, 0.5, 2.2) : 1.0;
}
`;

export function setView(gl: WebGL2RenderingContext, program: Program, view: ScatterView): void {
  gl.uniformMatrix4fv(program.uniform("matrix"), false, Float32Array.from(view.matrix));
  gl.uniform2f(program.uniform("depth"), ...(view.space ? view.depth : ([0, 0] as const)));
  gl.uniform3fv(program.uniform("background"), view.background.map((channel) => channel / 255));
  gl.uniform1i(program.uniform("palette"), 0);
}
