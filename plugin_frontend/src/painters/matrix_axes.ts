/** Paints what surrounds a matrix of attention: strips of the modalities, the tokens' labels, marks. */

import { labelledPositions, labelStride, type Span } from "../lib/spans";
import type { MatrixCamera, Plot } from "../lib/tiles";
import type { Modality } from "../schema";

/** Colours and sizes, as the page has them. */
export interface AxisInk {
  /** Pixels of the page's text. */
  em: number;
  family: string;
  ink: string;
  muted: string;
  line: string;
  accent: string;
  modality: Record<Modality, string>;
}

export interface Axis {
  labels: readonly string[];
  modality: readonly Modality[];
  spans: readonly Span[];
  /** Positions of the chosen tokens, ascending. */
  chosen: readonly number[];
}

/** Room for labels, strips and titles left of the matrix and above it, in pixels. */
export interface Gutter {
  left: number;
  top: number;
}

interface Direction {
  axis: Axis;
  /** Where the axis begins, in tokens, pixels of a token, and pixels of the plot along it. */
  start: number;
  scale: number;
  extent: number;
  /** From a place along the axis and a distance from the plot to the canvas. */
  at(along: number, out: number): [x: number, y: number];
  vertical: boolean;
}

const LONGEST_LABEL = 12;
const SMALLEST_LABELLED = 11;
const NARROWEST_SPAN = 4;
const GAP = 4;
/** Seen on dark and on light cells. */
const BORDER = "rgb(255 255 255 / 0.7)";

export function gutterFor(queries: Axis, keys: Axis, em: number): Gutter {
  return { left: roomFor(queries, em), top: roomFor(keys, em) };
}

function roomFor({ labels }: Axis, em: number): number {
  const longest = labels.reduce((most, label) => Math.max(most, Math.min(LONGEST_LABEL, label.length)), 3);
  return Math.round(0.48 * longest * em + stripWidth(em) + titleHeight(em) + 3 * GAP);
}

/** Both axes. The context's origin is the canvas's corner, its unit a CSS pixel. */
export function paintAxes(
  context: CanvasRenderingContext2D,
  axes: { queries: Axis; keys: Axis },
  camera: MatrixCamera,
  plot: Plot,
  gutter: Gutter,
  ink: AxisInk,
): void {
  for (const direction of directions(axes, camera, plot, gutter)) {
    paintStrip(context, direction, ink);
    paintTitles(context, direction, gutter, ink);
    paintLabels(context, direction, gutter, ink);
  }
  paintCorner(context, gutter, ink);
}

/** What the axes are, in the corner between them. */
function paintCorner(context: CanvasRenderingContext2D, { left, top }: Gutter, ink: AxisInk): void {
  const strip = stripWidth(ink.em) + 1.5 * GAP;
  context.font = `${0.8 * ink.em}px ${ink.family}`;
  context.fillStyle = ink.muted;
  context.textAlign = "right";
  context.textBaseline = "bottom";
  context.fillText("query ↓", left - strip, top - stripWidth(ink.em), left - strip);
  context.textBaseline = "top";
  context.fillText("key →", left - strip, GAP, left - strip);
}

/** The matrix's own border, those between spans, and the chosen row and column. */
export function paintMarks(
  context: CanvasRenderingContext2D,
  axes: { queries: Axis; keys: Axis },
  camera: MatrixCamera,
  plot: Plot,
  gutter: Gutter,
  ink: AxisInk,
): void {
  const [down, across] = directions(axes, camera, plot, gutter);
  for (const [direction, through] of [[down, across.extent], [across, down.extent]] as const) {
    for (const { start } of direction.axis.spans.filter(wideEnough(direction))) {
      const along = Math.round((start - direction.start) * direction.scale);
      if (start > 0) line(context, direction, along, through, BORDER, 1);
    }
  }
  for (const [direction, through] of [[down, across.extent], [across, down.extent]] as const) {
    for (const run of runsOf(direction.axis.chosen)) outline(context, direction, run, through, ink);
  }
  context.strokeStyle = ink.line;
  context.strokeRect(gutter.left, gutter.top, across.extent, down.extent);
}

function directions(
  { queries, keys }: { queries: Axis; keys: Axis },
  camera: MatrixCamera,
  plot: Plot,
  { left, top }: Gutter,
): [Direction, Direction] {
  return [
    {
      axis: queries,
      start: camera.y,
      scale: camera.perQuery,
      extent: lengthShown(queries, camera.y, camera.perQuery, plot.height),
      at: (along, out) => [left - out, top + along],
      vertical: true,
    },
    {
      axis: keys,
      start: camera.x,
      scale: camera.perKey,
      extent: lengthShown(keys, camera.x, camera.perKey, plot.width),
      at: (along, out) => [left + along, top - out],
      vertical: false,
    },
  ];
}

function lengthShown({ labels }: Axis, start: number, scale: number, extent: number): number {
  return Math.min(extent, (labels.length - start) * scale);
}

function paintStrip(context: CanvasRenderingContext2D, direction: Direction, ink: AxisInk): void {
  const [near, far] = [GAP / 2, GAP / 2 + stripWidth(ink.em)];
  for (const span of visibleSpans(direction)) {
    context.fillStyle = ink.modality[span.modality];
    const [x0, y0] = direction.at(span.from, far);
    const [x1, y1] = direction.at(span.to, near);
    // A hair of paper between spans that are large enough.
    const hair = span.to - span.from > 6 ? 1 : 0;
    context.fillRect(x0, y0, x1 - x0 - (direction.vertical ? 0 : hair), y1 - y0 - (direction.vertical ? hair : 0));
  }
}

/** The modalities in words, outermost, each in the middle of what is shown of it. */
function paintTitles(context: CanvasRenderingContext2D, direction: Direction, gutter: Gutter, ink: AxisInk): void {
  const size = 0.86 * ink.em;
  context.font = `600 ${size}px ${ink.family}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const out = (direction.vertical ? gutter.left : gutter.top) - titleHeight(ink.em) / 2;
  for (const { title, from, to } of visibleSpans(direction)) {
    if (context.measureText(title).width > to - from - GAP) continue;
    context.fillStyle = ink.muted;
    write(context, title, direction.at((from + to) / 2, out), direction.vertical);
  }
}

function paintLabels(context: CanvasRenderingContext2D, direction: Direction, gutter: Gutter, ink: AxisInk): void {
  const { axis, start, scale, extent, vertical } = direction;
  const every = scale >= SMALLEST_LABELLED;
  const size = every ? Math.min(0.86 * ink.em, Math.max(10, 0.9 * scale)) : 0.8 * ink.em;
  const stride = every ? 1 : labelStride(scale, 1.7 * size);
  const room = (vertical ? gutter.left : gutter.top) - stripWidth(ink.em) - titleHeight(ink.em) - 2 * GAP;
  const out = stripWidth(ink.em) + 1.5 * GAP;
  context.textBaseline = "middle";
  context.textAlign = vertical ? "right" : "left";
  const centre = (position: number) => (position + 0.5 - start) * scale;
  const marked = labelledAmong(axis.chosen, stride).filter((position) => centre(position) >= 0 && centre(position) <= extent);
  context.font = `${size}px ${ink.family}`;
  for (const position of labelledPositions(axis.spans, stride, start, start + extent / scale)) {
    const along = centre(position);
    if (along < 0 || along > extent) continue;
    if (marked.some((chosen) => chosen === position || Math.abs(along - centre(chosen)) < size)) continue;
    context.fillStyle = axis.modality[position] === "image" ? ink.muted : ink.ink;
    write(context, shortened(axis.labels[position]), direction.at(along, out), !vertical, room);
  }
  context.fillStyle = ink.accent;
  context.font = `700 ${size}px ${ink.family}`;
  for (const position of marked) {
    write(context, shortened(axis.labels[position]), direction.at(centre(position), out), !vertical, room);
  }
}

/** Of many chosen tokens, so few that their labels don't run into each other. */
function labelledAmong(chosen: readonly number[], stride: number): number[] {
  const labelled: number[] = [];
  for (const position of chosen) if (position >= (labelled.at(-1) ?? -Infinity) + stride) labelled.push(position);
  return labelled;
}

/** First and last of each stretch of neighbours. */
function runsOf(positions: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const position of positions) {
    const last = runs.at(-1);
    if (last && position <= last[1] + 1) last[1] = position;
    else runs.push([position, position]);
  }
  return runs;
}

function write(
  context: CanvasRenderingContext2D,
  text: string,
  [x, y]: [number, number],
  upwards: boolean,
  room?: number,
): void {
  if (!upwards) return context.fillText(text, x, y, room);
  context.save();
  context.translate(x, y);
  context.rotate(-Math.PI / 2);
  context.fillText(text, 0, 0, room);
  context.restore();
}

/** A line across the matrix at a place along the axis. */
function line(context: CanvasRenderingContext2D, direction: Direction, along: number, through: number, style: string, width: number): void {
  const [x, y] = direction.at(along, 0);
  context.fillStyle = style;
  if (direction.vertical) context.fillRect(x, y - width / 2, through, width);
  else context.fillRect(x - width / 2, y, width, through);
}

/** Lines around chosen rows or columns, however thin it is, seen on dark and on light cells. */
function outline(
  context: CanvasRenderingContext2D,
  direction: Direction,
  [first, last]: readonly [number, number],
  through: number,
  ink: AxisInk,
): void {
  const centre = ((first + last + 1) / 2 - direction.start) * direction.scale;
  const half = Math.max(((last + 1 - first) * direction.scale) / 2, 1);
  if (centre + half < 0 || centre - half > direction.extent) return;
  for (const outwards of [-1, 1]) {
    line(context, direction, centre + outwards * (half + 0.5), through, "white", 1);
    line(context, direction, centre + outwards * (half + 1.75), through, ink.accent, 1.5);
  }
}

/** Spans in sight, in pixels along the axis. */
function visibleSpans({ axis, start, scale, extent }: Direction) {
  return axis.spans.flatMap((span) => {
    const from = Math.max(0, (span.start - start) * scale);
    const to = Math.min(extent, (span.end - start) * scale);
    return to > from ? [{ ...span, from, to }] : [];
  });
}

function wideEnough({ scale }: Direction) {
  return ({ start, end }: Span) => (end - start) * scale >= NARROWEST_SPAN;
}

function stripWidth(em: number): number {
  return Math.round(0.5 * em);
}

function titleHeight(em: number): number {
  return Math.round(1.25 * em);
}

function shortened(label: string): string {
  return label.length > LONGEST_LABEL ? `${label.slice(0, LONGEST_LABEL - 1)}…` : label;
}
