/** Paints points and lines with WebGL 2. */

import type { Camera } from "../lib/camera";
import type { Rgb } from "../lib/colour";

/** What a point looks like, by its kind. */
export interface Mark {
  colour: Rgb;
  shape: "circle" | "square" | "diamond";
}

export interface Cloud {
  /** x, y of every point. */
  positions: Float32Array;
  /** Index into the marks. */
  kinds: Uint8Array;
  /** 1 for points that stand out, else 0. */
  emphasis: Uint8Array;
}

export interface Trails {
  /** x, y of start and end of every line. */
  positions: Float32Array;
  kinds: Uint8Array;
  emphasis: Uint8Array;
}

export interface ScatterPainter {
  upload(cloud: Cloud, trails: Trails | null): void;
  paint(camera: Camera, marks: readonly Mark[], markSize: number): void;
  dispose(): void;
}

const SHAPES = { circle: 0, square: 1, diamond: 2 };
const MOST_MARKS = 8;

const VERTEX = `#version 300 es
layout(location = 0) in vec2 position;
layout(location = 1) in float kind;
layout(location = 2) in float emphasis;
uniform vec4 camera;
uniform vec3 colours[${MOST_MARKS}];
uniform float shapes[${MOST_MARKS}];
uniform float size;
uniform vec2 alphas;
out vec4 colour;
flat out float shape;
void main() {
  gl_Position = vec4((position - camera.xy) / camera.zw, 0.0, 1.0);
  gl_PointSize = size * (emphasis > 0.5 ? 1.7 : 1.0);
  colour = vec4(colours[int(kind)], emphasis > 0.5 ? alphas.y : alphas.x);
  shape = shapes[int(kind)];
}`;

const FRAGMENT = `#version 300 es
precision mediump float;
in vec4 colour;
flat in float shape;
uniform bool points;
out vec4 result;
void main() {
  float alpha = colour.a;
  if (points) {
    vec2 place = abs(gl_PointCoord * 2.0 - 1.0);
    float reach = shape < 0.5 ? length(place) : shape < 1.5 ? max(place.x, place.y) + 0.15 : place.x + place.y;
    float soft = fwidth(reach);
    alpha *= 1.0 - smoothstep(1.0 - soft, 1.0, reach);
  }
  result = vec4(colour.rgb * alpha, alpha);
}`;

/** A painter for the canvas, or null where the browser has no WebGL 2. */
export function scatterPainter(canvas: HTMLCanvasElement): ScatterPainter | null {
  const gl = canvas.getContext("webgl2", {
    antialias: true,
    premultipliedAlpha: true,
    // To be downloaded as a picture, it must still be there after it was shown.
    preserveDrawingBuffer: true,
  });
  if (!gl) return null;
  const program = link(gl);
  const uniform = (name: string) => gl.getUniformLocation(program, name);
  const plain = batch(gl);
  const strong = batch(gl);
  const lines = batch(gl);

  return {
    upload(cloud, trails) {
      plain.fill(...chosen(cloud, 0));
      strong.fill(...chosen(cloud, 1));
      lines.fill(...(trails ? doubled(trails) : chosen(cloud, 2)));
    },
    paint(camera, marks, markSize) {
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.enable(gl.BLEND);
      gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
      gl.useProgram(program);
      gl.uniform4f(uniform("camera"), camera.x, camera.y, camera.halfWidth, camera.halfHeight);
      gl.uniform3fv(uniform("colours"), marks.flatMap(({ colour }) => colour.map((channel) => channel / 255)));
      gl.uniform1fv(uniform("shapes"), marks.map(({ shape }) => SHAPES[shape]));
      gl.uniform1f(uniform("size"), markSize);
      gl.uniform1i(uniform("points"), 0);
      gl.uniform2f(uniform("alphas"), 0.16, 0.9);
      lines.draw(gl.LINES);
      gl.uniform1i(uniform("points"), 1);
      gl.uniform2f(uniform("alphas"), 0.45, 1);
      plain.draw(gl.POINTS);
      strong.draw(gl.POINTS);
    },
    dispose() {
      gl.getExtension("WEBGL_lose_context")?.loseContext();
    },
  };
}

type Vertices = [positions: Float32Array, kinds: Uint8Array, emphasis: Uint8Array];

function batch(gl: WebGL2RenderingContext) {
  const array = gl.createVertexArray();
  const buffers = [gl.createBuffer(), gl.createBuffer(), gl.createBuffer()];
  let count = 0;
  return {
    fill(...vertices: Vertices) {
      gl.bindVertexArray(array);
      vertices.forEach((data, location) => {
        gl.bindBuffer(gl.ARRAY_BUFFER, buffers[location]);
        gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
        gl.enableVertexAttribArray(location);
        const type = location === 0 ? gl.FLOAT : gl.UNSIGNED_BYTE;
        gl.vertexAttribPointer(location, location === 0 ? 2 : 1, type, false, 0, 0);
      });
      count = vertices[1].length;
    },
    draw(mode: number) {
      gl.bindVertexArray(array);
      if (count > 0) gl.drawArrays(mode, 0, count);
    },
  };
}

function chosen({ positions, kinds, emphasis }: Cloud, wanted: number): Vertices {
  const indices = [...emphasis.keys()].filter((index) => emphasis[index] === wanted);
  const places = new Float32Array(2 * indices.length);
  indices.forEach((index, place) => places.set(positions.subarray(2 * index, 2 * index + 2), 2 * place));
  return [places, Uint8Array.from(indices, (index) => kinds[index]), new Uint8Array(indices.length).fill(wanted)];
}

function doubled({ positions, kinds, emphasis }: Trails): Vertices {
  const twice = (values: Uint8Array) => Uint8Array.from({ length: 2 * values.length }, (_, index) => values[index >> 1]);
  return [positions, twice(kinds), twice(emphasis)];
}

function link(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram()!;
  for (const [type, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]] as const) {
    const shader = gl.createShader(type)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
    throw new Error(gl.getProgramInfoLog(program) ?? "The scatter plot's shaders don't link.");
  }
  return program;
}
