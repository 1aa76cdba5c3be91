/** A scatter plot of a plane or a space: move, turn, zoom, hover, click, select. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { depthOf, fit, matrixOf, shareInView, type Camera, type Range } from "../lib/camera";
import type { Rgb } from "../lib/colour";
import { pointsWithin, type Pixel } from "../lib/lasso";
import { nearestPoint } from "../lib/picking";
import type { Combination, PlaceLabel, PointPicture, ScatterPoints, ScatterTrails, SelectTool } from "../lib/scatter";
import { scatterPainter, type ScatterPainter } from "../painters/scatter";
import { useOwnSize } from "./own_size";
import { useScatterInput } from "./scatter_input";
import { ScatterAxes } from "./ScatterAxes";
import { ScatterMarks } from "./ScatterMarks";
import { textSize } from "./text_size";
import { hideTip } from "./Tooltip";

/** Arrays and lists are compared by identity: what changed must be a new one, what did not the same. */
export interface ScatterProps {
  label: string;
  points: ScatterPoints;
  /** Up to 256 colours, by their index. */
  palette: readonly Rgb[];
  trails?: ScatterTrails | null;
  /** Pieces of pictures in place of points; more than 500 are shown as points. */
  pictures?: readonly PointPicture[];
  /** Names beside places, the most important first: those that would hide another are left out. */
  labels?: readonly PlaceLabel[];
  /** Smallest and largest of every axis shown, shared by the plots that stand side by side. */
  extent: readonly Range[];
  /** Shared by the plots that stand side by side; null: all points. */
  camera: Camera | null;
  axisTitles: readonly string[];
  /** The point that stands out most, or -1. */
  chosen: number;
  /** What dragging draws; null: it moves the view, and with the Shift key it draws a lasso. */
  tool?: SelectTool | null;
  onCamera(camera: Camera | null): void;
  /** Called with -1 when the pointer leaves a point. */
  onHover?(point: number, event: PointerEvent | null): void;
  onChoose(point: number): void;
  /** Of points that are not hidden, ascending. */
  onSelect?(points: Uint32Array, how: Combination): void;
}

const AT_FIRST = { width: 1, height: 1 };
const REACH_PIXELS = 14;
const TOUCH_PIXELS = 4;
const NO_PICTURES: readonly PointPicture[] = [];
const NO_LABELS: readonly PlaceLabel[] = [];

export function Scatter(props: ScatterProps) {
  const { points, palette, trails = null, pictures = NO_PICTURES, extent } = props;
  const box = useRef<HTMLDivElement>(null);
  const size = useOwnSize(box, AT_FIRST);
  const [hovered, setHovered] = useState(-1);
  const { canvas, painter, trouble } = usePainter();
  const space = points.axes.length > 2;
  const aspect = size.width / size.height;
  const camera = useMemo(() => props.camera ?? fit(extent, aspect), [props.camera, extent, aspect]);
  const matrix = useMemo(() => matrixOf(camera, aspect, space), [camera, aspect, space]);
  const viewed = { matrix, ...size };
  const density = devicePixelRatio;

  const scene = useMemo(() => ({ points, palette, trails, pictures }), [points, palette, trails, pictures]);
  useLayoutEffect(() => {
    if (size.width <= 1) return;
    const style = getComputedStyle(box.current!);
    painter?.paint(scene, {
      matrix,
      space,
      depth: depthOf(matrix, extent),
      shareInView: shareInView(camera, extent, aspect),
      text: textSize() * density,
      background: channels(style.backgroundColor),
      ink: channels(style.color),
    });
  }, [painter, scene, matrix, extent, size, density]);

  const under = ([x, y]: Pixel) => nearestPoint(points, viewed, x, y, REACH_PIXELS, TOUCH_PIXELS);
  const hover = (point: number, event: PointerEvent | null) => {
    setHovered(point);
    if (point < 0) hideTip();
    if (point >= 0 || hovered >= 0) props.onHover?.(point, event);
  };
  const { handlers, line } = useScatterInput({
    camera,
    space,
    ...size,
    tool: props.tool ?? null,
    onCamera: props.onCamera,
    onHover: (place, event) => hover(under(place), event),
    onClick: (place) => {
      const point = under(place);
      if (point >= 0) props.onChoose(point);
    },
    onSelect: (drawn, how) => props.onSelect?.(pointsWithin(points, viewed, drawn), how),
    onLeave: () => hover(-1, null),
  });

  return (
    <div
      class="scatter"
      ref={box}
      role="application"
      tabIndex={0}
      aria-label={props.label}
      aria-description={`Arrows ${space ? "turn, with Shift they move" : "move"}, plus and minus zoom, 0 shows all.`}
      data-tool={props.tool ?? undefined}
      {...handlers}
    >
      {trouble && <p class="notice">{trouble}</p>}
      <ScatterAxes camera={camera} matrix={matrix} {...size} extent={extent} titles={props.axisTitles} />
      <canvas ref={canvas} width={Math.round(size.width * density)} height={Math.round(size.height * density)} />
      <ScatterMarks
        points={points}
        {...viewed}
        chosen={props.chosen}
        hovered={hovered}
        labels={props.labels ?? NO_LABELS}
        line={line}
      />
    </div>
  );
}

/** A painter for the canvas, a new one after the graphics card was reset. */
function usePainter() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [painter, setPainter] = useState<ScatterPainter | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  useEffect(() => {
    const element = canvas.current!;
    let current: ScatterPainter | null = null;
    const start = () => {
      current = scatterPainter(element);
      setPainter(current);
      setTrouble(current ? null : "This browser offers no WebGL 2, which the plot is drawn with.");
    };
    const lost = (event: Event) => {
      // Only then does the browser give it back.
      event.preventDefault();
      current?.dispose();
      setPainter(null);
      setTrouble("The graphics card was reset: the plot is drawn again as soon as it is back.");
    };
    start();
    element.addEventListener("webglcontextlost", lost);
    element.addEventListener("webglcontextrestored", start);
    return () => {
      element.removeEventListener("webglcontextlost", lost);
      element.removeEventListener("webglcontextrestored", start);
      current?.dispose();
      current?.release();
    };
  }, []);
  return { canvas, painter, trouble };
}

/** Red, green and blue of a computed CSS colour. */
function channels(colour: string): Rgb {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue];
}
