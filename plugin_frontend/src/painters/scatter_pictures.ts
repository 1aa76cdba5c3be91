/** Paints pieces of pictures in place of points with WebGL 2. */

import { onAxes, rowOf, type PointPicture, type ScatterPoints } from "../lib/scatter";
import { keptBuffer, linkProgram } from "./gl_program";
import { DEPTH_CUE, setView, type ScatterView } from "./scatter_view";

/** More would hide each other. */
export const MOST_PICTURES = 500;

/** Pixels of a picture in the atlas. */
const CELL = 64;

const VERTEX = `
layout(location = 0) in vec3 centre;
layout(location = 1) in uvec2 look;
uniform mat4 matrix;
uniform highp sampler2D palette;
uniform vec2 canvas;
uniform float size;
uniform float columns;
out vec2 inCell;
out vec2 inAtlas;
flat out vec3 tint;
flat out float pixels;
${DEPTH_CUE}
void main() {
  vec4 place = matrix * vec4(centre, 1.0);
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  pixels = size * nearness(place.w);
  bool shown = place.w > 0.05;
  gl_Position = shown ? vec4(place.xy / place.w + (corner * 2.0 - 1.0) * pixels / canvas, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
  inCell = vec2(corner.x, 1.0 - corner.y);
  float cell = float(look.y);
  inAtlas = (vec2(mod(cell, columns), floor(cell / columns)) + inCell) / columns;
  tint = texelFetch(palette, ivec2(look.x, 0), 0).rgb;
}`;

const FRAGMENT = `
precision highp float;
in vec2 inCell;
in vec2 inAtlas;
flat in vec3 tint;
flat in float pixels;
uniform sampler2D atlas;
out vec4 result;
void main() {
  vec2 edge = min(inCell, 1.0 - inCell) * pixels;
  float frame = max(1.5, 0.05 * pixels);
  result = vec4(min(edge.x, edge.y) < frame ? tint : texture(atlas, inAtlas).rgb, 1.0);
}`;

export function pictureBatch(gl: WebGL2RenderingContext) {
  const program = linkProgram(gl, VERTEX, FRAGMENT);
  const array = gl.createVertexArray();
  const [centres, looks] = [keptBuffer(gl), keptBuffer(gl)];
  const texture = gl.createTexture();
  let count = 0;
  let columns = 1;
  let drawn: readonly PointPicture[] | null = null;
  return {
    fill(pictures: readonly PointPicture[], points: ScatterPoints) {
      count = Math.min(pictures.length, MOST_PICTURES);
      if (count === 0) return;
      columns = Math.ceil(Math.sqrt(count));
      if (pictures !== drawn) uploadAtlas(gl, texture, pictures.slice(0, count), columns);
      drawn = pictures;
      const coordinates = new Float32Array(3 * count);
      const pairs = new Uint16Array(2 * count);
      for (let index = 0; index < count; index++) {
        const { point } = pictures[index];
        coordinates.set(onAxes(rowOf(points, point), points.axes), 3 * index);
        pairs.set([points.colours[point], index], 2 * index);
      }
      gl.bindVertexArray(array);
      centres.fill(coordinates);
      gl.enableVertexAttribArray(0);
      gl.vertexAttribPointer(0, 3, gl.FLOAT, false, 0, 0);
      gl.vertexAttribDivisor(0, 1);
      looks.fill(pairs);
      gl.enableVertexAttribArray(1);
      gl.vertexAttribIPointer(1, 2, gl.UNSIGNED_SHORT, 0, 0);
      gl.vertexAttribDivisor(1, 1);
      gl.bindVertexArray(null);
    },
    draw(view: ScatterView, width: number, height: number) {
      if (count === 0) return;
      program.use();
      setView(gl, program, view);
      gl.activeTexture(gl.TEXTURE1);
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.uniform1i(program.uniform("atlas"), 1);
      gl.uniform2f(program.uniform("canvas"), width, height);
      gl.uniform1f(program.uniform("size"), pictureSize(count, view, width * height));
      gl.uniform1f(program.uniform("columns"), columns);
      gl.bindVertexArray(array);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, count);
      gl.bindVertexArray(null);
    },
    dispose() {
      program.dispose();
      gl.deleteVertexArray(array);
      gl.deleteTexture(texture);
      centres.dispose();
      looks.dispose();
    },
  };
}

/** In pixels: so that those in view cover a good part of the plot. */
function pictureSize(count: number, { shareInView, text }: ScatterView, area: number): number {
  const fitting = Math.sqrt((0.12 * area) / Math.max(1, count * shareInView));
  return Math.min(5 * text, Math.max(1.4 * text, fitting));
}

function uploadAtlas(gl: WebGL2RenderingContext, texture: WebGLTexture | null, pictures: readonly PointPicture[], columns: number): void {
  const atlas = document.createElement("canvas");
  atlas.width = atlas.height = columns * CELL;
  const context = atlas.getContext("2d")!;
  pictures.forEach(({ picture, box }, index) => {
    const [left, top] = [(index % columns) * CELL, Math.floor(index / columns) * CELL];
    context.drawImage(picture, ...box, left, top, CELL, CELL);
  });
  gl.activeTexture(gl.TEXTURE1);
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, atlas);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
}
