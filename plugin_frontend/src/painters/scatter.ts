/** Paints a scatter plot of a plane or a space with WebGL 2. */

import type { Rgb } from "../lib/colour";
import { drawOrder, permutation, type DrawOrder } from "../lib/draw_order";
import { pointLook } from "../lib/point_look";
import { paletteBytes, POINT, type PointPicture, type ScatterPoints, type ScatterTrails } from "../lib/scatter";
import { scatterFrames } from "./scatter_frames";
import { MOST_PICTURES, pictureBatch } from "./scatter_pictures";
import { markBatch, markProgram } from "./scatter_points";
import { dotsOf, trailBatch } from "./scatter_trails";
import type { ScatterView } from "./scatter_view";

/** Arrays and lists are compared by identity: what changed is a new one. */
export interface Scene {
  points: ScatterPoints;
  /** Up to 256 colours. */
  palette: readonly Rgb[];
  trails: ScatterTrails | null;
  /** In place of their points, where they are not too many. */
  pictures: readonly PointPicture[];
}

export interface ScatterPainter {
  /** Paints in this frame or the next; the points may follow in part. */
  paint(scene: Scene, view: ScatterView): void;
  /** Frees what it keeps on the graphics card. */
  dispose(): void;
  /** Gives the canvas's context back; nothing can be painted on that canvas any more. */
  release(): void;
}

/** So many points that stand out have a rim. */
const FEW = 400;

/** A painter for the canvas, or null where the browser has no WebGL 2. */
export function scatterPainter(canvas: HTMLCanvasElement): ScatterPainter | null {
  const gl = canvas.getContext("webgl2", {
    // Marks and lines have soft edges of their own.
    antialias: false,
    premultipliedAlpha: true,
    // To be downloaded as a picture, it must still be there after it was shown.
    preserveDrawingBuffer: true,
  });
  if (!gl) return null;
  const marks = markProgram(gl);
  const [cloud, dots] = [markBatch(gl), markBatch(gl)];
  const [trails, pictures] = [trailBatch(gl), pictureBatch(gl)];
  const palette = gl.createTexture();
  const aside = asideBuffer(gl);
  let scene: Scene | null = null;
  let view: ScatterView | null = null;
  let shuffled: Uint32Array = new Uint32Array();
  let order: DrawOrder = { indices: shuffled, dimmed: 0, normal: 0, emphasised: 0 };
  let dotCount = 0;
  let size = "";

  const upload = (next: Scene) => {
    const before = scene;
    scene = next;
    const { points } = next;
    const sameStates = next.pictures === before?.pictures && points.states === before.points.states;
    const samePoints = points === before?.points;
    if (points.states.length !== shuffled.length) shuffled = permutation(points.states.length);
    if (!sameStates) order = drawOrder(shuffled, withoutPictures(next));
    if (!samePoints || !sameStates) cloud.fill(points, order.indices);
    if (!samePoints || next.trails !== before.trails) {
      trails.fill(next.trails, points);
      const marked = next.trails && dotsOf(next.trails, points.components, points.axes);
      dotCount = marked?.count ?? 0;
      if (marked) dots.fill(marked, Uint32Array.from({ length: marked.count }, (_, index) => index));
    }
    if (!samePoints || !sameStates) pictures.fill(shownPictures(next), points);
    if (next.palette !== before?.palette) {
      gl.activeTexture(gl.TEXTURE0);
      gl.bindTexture(gl.TEXTURE_2D, palette);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, paletteBytes(next.palette));
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    }
  };

  const clear = () => {
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.depthMask(true);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, palette);
  };
  /** The points that don't stand out, from `first` on in the order of dimmed ones and others; of which `all` are drawn. */
  const paintCrowd = (ranges: readonly [first: number, count: number][], all: number) => {
    const { points } = scene!;
    const { size, alpha } = pointLook(all, view!.shareInView, canvas.width * canvas.height, view!.text);
    const space = view!.space;
    // In a space what is in front covers what is behind.
    if (space) gl.enable(gl.DEPTH_TEST);
    marks.prepare(view!);
    marks.shapes(points);
    ranges.forEach(([first, count], index) => {
      const dimmed = index === 0;
      marks.look(dimmed ? 0.8 * size : size, dimmed ? 0.4 * alpha : space ? 1 : alpha, space && !dimmed, null);
      cloud.draw(first, count);
    });
    gl.disable(gl.DEPTH_TEST);
  };
  const paintTop = (most: number) => {
    const { dimmed, normal, emphasised } = order;
    trails.draw(view!, canvas.width, canvas.height);
    pictures.draw(view!, canvas.width, canvas.height);
    marks.prepare(view!);
    marks.shapes(scene!.points);
    const look = pointLook(emphasised, view!.shareInView, canvas.width * canvas.height, view!.text);
    const usual = pointLook(dimmed + normal, view!.shareInView, canvas.width * canvas.height, view!.text);
    const size = Math.min(0.75 * view!.text, Math.max(1.4 * usual.size, look.size));
    // Rims of many would hide their colours.
    const edge = emphasised <= FEW ? { colour: view!.ink, pixels: 0.07 * view!.text } : null;
    marks.look(size, Math.max(0.6, look.alpha), false, edge);
    cloud.draw(dimmed + normal, Math.min(emphasised, most));
    if (dotCount > 0) {
      marks.shapes({ shapes: ["circle"] });
      marks.look(0.7 * view!.text, 1, false, { colour: view!.ink, pixels: 0.09 * view!.text });
      dots.draw(0, dotCount);
    }
  };
  const painted = (points: number) => (canvas.dataset.painted = String(points));

  const frames = scatterFrames(gl, {
    total: () => order.indices.length,
    paintSome(points) {
      const { dimmed, normal, emphasised, indices } = order;
      const share = points / Math.max(1, indices.length);
      const [some, others] = [Math.ceil(share * dimmed), Math.ceil(share * normal)];
      gl.bindFramebuffer(gl.FRAMEBUFFER, null);
      clear();
      paintCrowd([[0, some], [dimmed, others]], some + others);
      paintTop(Math.ceil(share * emphasised));
      painted(points);
    },
    paintAside(first, points) {
      const { dimmed, normal } = order;
      aside.bind(canvas.width, canvas.height);
      if (first === 0) clear();
      const crowd = dimmed + normal;
      const last = Math.min(crowd, first + points);
      const others = Math.max(first, dimmed);
      paintCrowd([[first, Math.min(last, dimmed) - first], [others, last - others]], crowd);
      if (last < crowd) return last;
      paintTop(order.emphasised);
      return order.indices.length;
    },
    reveal() {
      aside.copyToCanvas(canvas.width, canvas.height);
      painted(order.indices.length);
    },
  });

  return {
    paint(next, nextView) {
      if (gl.isContextLost()) return;
      upload(next);
      view = nextView;
      // A canvas of another size is empty until it is painted.
      const resized = size !== `${canvas.width} ${canvas.height}`;
      size = `${canvas.width} ${canvas.height}`;
      frames.wake(resized);
    },
    dispose() {
      frames.dispose();
      [marks, cloud, dots, trails, pictures, aside].forEach((part) => part.dispose());
      gl.deleteTexture(palette);
    },
    release() {
      // Browsers keep few contexts: it must not wait for the garbage collection.
      gl.getExtension("WEBGL_lose_context")?.loseContext();
    },
  };
}

function shownPictures({ pictures, points }: Scene): readonly PointPicture[] {
  const shown = pictures.filter(({ point }) => points.states[point] !== POINT.HIDDEN);
  return shown.length > MOST_PICTURES ? [] : shown;
}

/** The states of the points, without those that a picture stands for. */
function withoutPictures(scene: Scene): Uint8Array {
  const shown = shownPictures(scene);
  if (shown.length === 0) return scene.points.states;
  const states = scene.points.states.slice();
  for (const { point } of shown) states[point] = POINT.HIDDEN;
  return states;
}

/** Where a picture of very many points comes together before it is shown. */
function asideBuffer(gl: WebGL2RenderingContext) {
  const buffer = gl.createFramebuffer();
  const [colour, depth] = [gl.createRenderbuffer(), gl.createRenderbuffer()];
  let size = "";
  return {
    bind(width: number, height: number) {
      gl.bindFramebuffer(gl.FRAMEBUFFER, buffer);
      if (size === `${width} ${height}`) return;
      size = `${width} ${height}`;
      const attach = (place: number, kept: WebGLRenderbuffer | null, format: number) => {
        gl.bindRenderbuffer(gl.RENDERBUFFER, kept);
        gl.renderbufferStorage(gl.RENDERBUFFER, format, width, height);
        gl.framebufferRenderbuffer(gl.FRAMEBUFFER, place, gl.RENDERBUFFER, kept);
      };
      attach(gl.COLOR_ATTACHMENT0, colour, gl.RGBA8);
      attach(gl.DEPTH_ATTACHMENT, depth, gl.DEPTH_COMPONENT24);
    },
    copyToCanvas(width: number, height: number) {
      gl.bindFramebuffer(gl.READ_FRAMEBUFFER, buffer);
      gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, null);
      gl.blitFramebuffer(0, 0, width, height, 0, 0, width, height, gl.COLOR_BUFFER_BIT, gl.NEAREST);
      gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    },
    dispose() {
      gl.deleteFramebuffer(buffer);
      gl.deleteRenderbuffer(colour);
      gl.deleteRenderbuffer(depth);
    },
  };
}
