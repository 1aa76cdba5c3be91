/** Paints trails with WebGL 2: lines that fade from early to late. */

import { onAxes, type ScatterPoints, type ScatterTrails } from "../lib/scatter";
import { keptBuffer, linkProgram } from "./gl_program";
import { DEPTH_CUE, setView, type ScatterView } from "./scatter_view";

const VERTEX = `
layout(location = 0) in vec3 start;
layout(location = 1) in vec3 end;
layout(location = 2) in uvec4 look;
uniform mat4 matrix;
uniform highp sampler2D palette;
uniform vec2 canvas;
uniform float width;
uniform vec2 alphas;
out vec4 tint;
out float across;
flat out vec2 edge;
${DEPTH_CUE}
void main() {
  vec4 first = matrix * vec4(start, 1.0);
  vec4 second = matrix * vec4(end, 1.0);
  bool late = (gl_VertexID & 1) == 1;
  float side = gl_VertexID < 2 ? -1.0 : 1.0;
  vec4 place = late ? second : first;
  vec2 along = (second.xy / second.w - first.xy / first.w) * canvas;
  float length = max(length(along), 1e-6);
  bool strong = look.w > 0u;
  // Half a pixel more, for the soft edge.
  float core = 0.5 * width * (strong ? 1.7 : 1.0);
  // What stands out has a rim of the page's colour, so that it is seen over the points.
  float reach = core + 0.5 + (strong ? max(1.0, 0.5 * width) : 0.0);
  vec2 offset = vec2(-along.y, along.x) / length * reach * side * 2.0 / canvas;
  bool behind = first.w < 0.05 || second.w < 0.05;
  gl_Position = behind ? vec4(2.0, 2.0, 2.0, 1.0) : vec4((place.xy / place.w + offset), 0.0, 1.0);
  uint colour = late ? look.y : look.x;
  float age = float(late ? (look.z & 15u) : (look.z >> 4)) / 15.0;
  float alpha = (strong ? alphas.y : alphas.x) * mix(0.3, 1.0, age);
  tint = vec4(faded(texelFetch(palette, ivec2(colour, 0), 0).rgb, place.w), alpha);
  across = side * reach;
  edge = vec2(core, reach);
}`;

const FRAGMENT = `
precision highp float;
in vec4 tint;
in float across;
flat in vec2 edge;
uniform vec3 background;
out vec4 result;
void main() {
  float core = clamp(edge.x + 0.5 - abs(across), 0.0, 1.0);
  float alpha = tint.a * clamp(edge.y - abs(across), 0.0, 1.0);
  result = vec4(mix(background, tint.rgb, core) * alpha, alpha);
}`;

/** In sizes of the text. */
const WIDTH = 0.13;

export interface Segments {
  /** Start and end of every line, three coordinates each. */
  ends: Float32Array;
  /** Of every line: colour at its start, at its end; its ages (start 16 fold and end, 0..15); whether it stands out. */
  looks: Uint8Array;
  count: number;
}

/** The lines between places that are both defined; those that stand out come last, hence on top. */
export function segmentsOf(trails: ScatterTrails, components: number, axes: readonly number[]): Segments {
  const { positions, places, colours, emphasis } = trails;
  const perPlace = colours.length > emphasis.length;
  const most = emphasis.length * Math.max(0, places - 1);
  const [ends, looks] = [new Float32Array(6 * most), new Uint8Array(4 * most)];
  const age = (place: number) => Math.round((15 * place) / Math.max(1, places - 1));
  let count = 0;
  for (const wanted of [0, 1]) {
    for (let trail = 0; trail < emphasis.length; trail++) {
      if (emphasis[trail] !== wanted) continue;
      for (let place = 0; place + 1 < places; place++) {
        const row = trail * places + place;
        const both = [row, row + 1].map((index) => onAxes(positions.subarray(components * index, components * (index + 1)), axes));
        if (both.some((coordinates) => coordinates.some(Number.isNaN))) continue;
        both.forEach((coordinates, index) => ends.set(coordinates, 6 * count + 3 * index));
        looks.set([colours[perPlace ? row : trail], colours[perPlace ? row + 1 : trail], 16 * age(place) + age(place + 1), wanted], 4 * count);
        count++;
      }
    }
  }
  return { ends: ends.subarray(0, 6 * count), looks: looks.subarray(0, 4 * count), count };
}

/** The dots at the current place of every trail, as points. */
export function dotsOf(trails: ScatterTrails, components: number, axes: readonly number[]) {
  const { positions, places, colours, emphasis, current } = trails;
  const count = current >= 0 && current < places ? emphasis.length : 0;
  const perPlace = colours.length > emphasis.length;
  const dots = new Float32Array(components * count);
  const dotColours = new Uint8Array(count);
  for (let trail = 0; trail < count; trail++) {
    const row = trail * places + current;
    dots.set(positions.subarray(components * row, components * (row + 1)), components * trail);
    dotColours[trail] = colours[perPlace ? row : trail];
  }
  return { positions: dots, components, axes, colours: dotColours, kinds: new Uint8Array(count), count };
}

export function trailBatch(gl: WebGL2RenderingContext) {
  const program = linkProgram(gl, VERTEX, FRAGMENT);
  const array = gl.createVertexArray();
  const [ends, looks] = [keptBuffer(gl), keptBuffer(gl)];
  let count = 0;
  let trailsShown = 0;
  return {
    fill(trails: ScatterTrails | null, { components, axes }: ScatterPoints) {
      count = 0;
      trailsShown = trails?.emphasis.length ?? 0;
      if (!trails || trailsShown === 0) return;
      const segments = segmentsOf(trails, components, axes);
      count = segments.count;
      gl.bindVertexArray(array);
      ends.fill(segments.ends);
      for (const location of [0, 1]) {
        gl.enableVertexAttribArray(location);
        gl.vertexAttribPointer(location, 3, gl.FLOAT, false, 24, 12 * location);
        gl.vertexAttribDivisor(location, 1);
      }
      looks.fill(segments.looks);
      gl.enableVertexAttribArray(2);
      gl.vertexAttribIPointer(2, 4, gl.UNSIGNED_BYTE, 0, 0);
      gl.vertexAttribDivisor(2, 1);
      gl.bindVertexArray(null);
    },
    draw(view: ScatterView, width: number, height: number) {
      if (count === 0) return;
      program.use();
      setView(gl, program, view);
      gl.uniform2f(program.uniform("canvas"), width, height);
      gl.uniform1f(program.uniform("width"), Math.max(1, WIDTH * view.text));
      // Many lines must not hide each other, nor the points.
      gl.uniform2f(program.uniform("alphas"), Math.min(0.8, Math.max(0.12, 5 / Math.sqrt(trailsShown))), 0.95);
      gl.bindVertexArray(array);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, count);
      gl.bindVertexArray(null);
    },
    dispose() {
      program.dispose();
      gl.deleteVertexArray(array);
      ends.dispose();
      looks.dispose();
    },
  };
}
