/** Paints points as marks with WebGL 2. */

import type { Rgb } from "../lib/colour";
import { MARK_SHAPES, type ScatterPoints } from "../lib/scatter";
import { keptBuffer, linkProgram } from "./gl_program";
import { DEPTH_CUE, setView, type ScatterView } from "./scatter_view";

const MOST_KINDS = 16;

const VERTEX = `
layout(location = 0) in float x;
layout(location = 1) in float y;
layout(location = 2) in float z;
layout(location = 3) in uint colour;
layout(location = 4) in uint kind;
uniform mat4 matrix;
uniform highp sampler2D palette;
uniform uint shapes[${MOST_KINDS}];
uniform float size;
flat out vec3 tint;
flat out uint shape;
flat out float diameter;
${DEPTH_CUE}
void main() {
  vec4 place = matrix * vec4(x, y, z, 1.0);
  float sum = x + y + z;
  bool defined = sum < 3.0e38 && sum > -3.0e38;
  gl_Position = defined ? place : vec4(2.0, 2.0, 2.0, 1.0);
  diameter = size * nearness(place.w);
  gl_PointSize = diameter;
  tint = faded(texelFetch(palette, ivec2(colour, 0), 0).rgb, place.w);
  shape = shapes[min(kind, ${MOST_KINDS - 1}u)];
}`;

const FRAGMENT = `
precision highp float;
flat in vec3 tint;
flat in uint shape;
flat in float diameter;
uniform float alpha;
uniform bool solid;
uniform vec4 outline;
out vec4 result;
void main() {
  float cover = 1.0;
  vec3 colour = tint;
  if (diameter > 2.5) {
    vec2 place = gl_PointCoord * 2.0 - 1.0;
    vec2 size = abs(place);
    float reach = shape == 0u ? length(place)
      : shape == 1u ? max(size.x, size.y) * 1.14
      : shape == 2u ? size.x + size.y
      : max(place.y * 1.33, size.x * 1.84 - place.y);
    float soft = 2.2 / diameter;
    cover = 1.0 - smoothstep(1.0 - soft, 1.0, reach);
    if (outline.a > 0.0) colour = mix(colour, outline.rgb, smoothstep(1.0 - 2.0 * soft - outline.a / diameter, 1.0 - soft, reach));
  }
  // With a depth buffer there is no blending behind a mark: its edge is where half of it covers.
  if (solid && cover < 0.5) discard;
  float opacity = solid ? alpha : alpha * cover;
  result = vec4(colour * opacity, opacity);
}`;

/** The program of all marks. */
export function markProgram(gl: WebGL2RenderingContext) {
  const program = linkProgram(gl, VERTEX, FRAGMENT);
  return {
    /** What holds for all marks of a picture. */
    prepare(view: ScatterView) {
      program.use();
      setView(gl, program, view);
    },
    /** What holds for the next marks. */
    look(size: number, alpha: number, solid: boolean, outline: { colour: Rgb; pixels: number } | null) {
      gl.uniform1f(program.uniform("size"), size);
      gl.uniform1f(program.uniform("alpha"), alpha);
      gl.uniform1i(program.uniform("solid"), Number(solid));
      const [red, green, blue] = outline ? outline.colour.map((channel) => channel / 255) : [0, 0, 0];
      gl.uniform4f(program.uniform("outline"), red, green, blue, outline?.pixels ?? 0);
    },
    shapes(points: Pick<ScatterPoints, "shapes">) {
      const shapes = Uint32Array.from({ length: MOST_KINDS }, (_, kind) =>
        Math.max(0, MARK_SHAPES.indexOf(points.shapes[Math.min(kind, points.shapes.length - 1)])),
      );
      gl.uniform1uiv(program.uniform("shapes"), shapes);
    },
    dispose: program.dispose,
  };
}

type MarkArrays = Pick<ScatterPoints, "positions" | "components" | "axes" | "colours" | "kinds">;

/** Points on the graphics card, drawn in the order of their indices. */
export function markBatch(gl: WebGL2RenderingContext) {
  const array = gl.createVertexArray();
  const buffers = { positions: keptBuffer(gl), colours: keptBuffer(gl), kinds: keptBuffer(gl), order: keptBuffer(gl, gl.ELEMENT_ARRAY_BUFFER) };
  return {
    fill({ positions, components, axes, colours, kinds }: MarkArrays, order: Uint32Array) {
      gl.bindVertexArray(array);
      buffers.positions.fill(positions);
      for (let axis = 0; axis < 3; axis++) {
        if (axis < axes.length) {
          gl.enableVertexAttribArray(axis);
          gl.vertexAttribPointer(axis, 1, gl.FLOAT, false, 4 * components, 4 * axes[axis]);
        } else {
          gl.disableVertexAttribArray(axis);
          gl.vertexAttrib1f(axis, 0);
        }
      }
      [buffers.colours, buffers.kinds].forEach((buffer, index) => {
        const values = [colours, kinds][index];
        buffer.fill(values);
        gl.enableVertexAttribArray(3 + index);
        const type = values.BYTES_PER_ELEMENT === 1 ? gl.UNSIGNED_BYTE : gl.UNSIGNED_SHORT;
        gl.vertexAttribIPointer(3 + index, 1, type, 0, 0);
      });
      buffers.order.fill(order);
      gl.bindVertexArray(null);
    },
    /** Draw some of them, by their places in the order. */
    draw(first: number, count: number) {
      if (count <= 0) return;
      gl.bindVertexArray(array);
      gl.drawElements(gl.POINTS, count, gl.UNSIGNED_INT, 4 * first);
      gl.bindVertexArray(null);
    },
    dispose() {
      gl.deleteVertexArray(array);
      Object.values(buffers).forEach((buffer) => buffer.dispose());
    },
  };
}
