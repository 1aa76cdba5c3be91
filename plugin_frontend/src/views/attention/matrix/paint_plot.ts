/** Paints a plot from the tiles that are there, and says which ones it still wants. */

import {
  coarserThan,
  neighbourTiles,
  pieceFor,
  visibleTiles,
  type MatrixCamera,
  type TileAddress,
} from "../../../lib/tiles";
import { peek, type Query } from "../../../loading";
import { paintPiece } from "../../../painters/matrix";
import { paintAxes, paintMarks, type AxisInk } from "../../../painters/matrix_axes";
import type { PlotState } from "./plot_state";
import { hasGaps, pictureOf, tilesFor } from "./shown";

/** Paint what the camera shows; returns the tiles that are missing, the most important first. */
export function paintMatrix(
  canvas: HTMLCanvasElement,
  state: PlotState,
  camera: MatrixCamera,
  ink: AxisInk,
): Query<unknown>[] {
  const { side, axes, gutter, plot } = state;
  const { shape } = side.source;
  const context = canvas.getContext("2d");
  if (!context) return [];
  const density = devicePixelRatio;
  const width = Math.min(plot.width, (shape.keys - camera.x) * camera.perKey);
  const height = Math.min(plot.height, (shape.queries - camera.y) * camera.perQuery);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);

  context.save();
  context.translate(Math.round(gutter.left * density), Math.round(gutter.top * density));
  context.beginPath();
  context.rect(0, 0, Math.round(width * density), Math.round(height * density));
  context.clip();
  if (hasGaps(side)) hatch(context, width * density, height * density, density, ink);
  context.imageSmoothingEnabled = false;
  const visible = visibleTiles(camera, density, shape, plot);
  for (const wanted of visible) {
    for (let tile: TileAddress | null = wanted; tile; tile = coarserThan(tile, shape)) {
      const found = pictureOf(side, tile, state.colours);
      if (!found) continue;
      paintPiece(context, found.picture, pieceFor(wanted, tile, found), camera, density);
      break;
    }
  }
  context.restore();

  context.setTransform(density, 0, 0, density, 0, 0);
  context.save();
  context.beginPath();
  context.rect(gutter.left, gutter.top, width, height);
  context.clip();
  paintMarks(context, axes, camera, plot, gutter, ink);
  context.restore();
  paintAxes(context, axes, camera, plot, gutter, ink);

  // Nothing is fetched ahead before all that can be seen is there.
  const missing = visible.flatMap((tile) => tilesFor(side, tile)).filter((query) => peek(query) === undefined);
  const next = neighbourTiles(camera, density, shape, plot).flatMap((tile) => tilesFor(side, tile));
  return [...missing, ...next];
}

function hatch(context: CanvasRenderingContext2D, width: number, height: number, density: number, ink: AxisInk): void {
  const size = Math.round(6 * density);
  const stripe = document.createElement("canvas");
  stripe.width = stripe.height = size;
  const pencil = stripe.getContext("2d")!;
  pencil.strokeStyle = ink.muted;
  pencil.globalAlpha = 0.6;
  pencil.lineWidth = density;
  pencil.beginPath();
  for (const offset of [-size, 0, size]) {
    pencil.moveTo(offset, size);
    pencil.lineTo(offset + size, 0);
  }
  pencil.stroke();
  context.fillStyle = context.createPattern(stripe, "repeat")!;
  context.fillRect(0, 0, width, height);
}

/** The page's colours and sizes, for canvases. */
export function axisInk(element: Element): AxisInk {
  const style = getComputedStyle(element);
  const of = (name: string) => style.getPropertyValue(`--${name}`);
  return {
    em: parseFloat(getComputedStyle(document.documentElement).fontSize) || 14,
    family: style.fontFamily,
    ink: of("ink"),
    muted: of("muted"),
    line: of("line-strong"),
    accent: of("accent"),
    modality: {
      text: of("text"),
      image: of("image"),
      special: of("special"),
      generated: of("generated"),
      padding: of("line-strong"),
    },
  };
}
