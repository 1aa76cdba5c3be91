/** A scatter plot to pan, zoom, hover and click. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { fromClip, pan, reshape, toClip, zoom, type Camera } from "../lib/camera";
import { formatNumber } from "../lib/format";
import { ticks } from "../lib/scale";
import { scatterPainter, type Cloud, type Mark, type ScatterPainter, type Trails } from "../painters/scatter";
import { textSize } from "./text_size";
import { hideTip } from "./Tooltip";

interface Props {
  label: string;
  cloud: Cloud;
  trails: Trails | null;
  marks: readonly Mark[];
  /** Shared by the plots that stand side by side. */
  camera: Camera;
  axisTitles: readonly [string, string];
  /** The point that stands out most, or -1. */
  chosen: number;
  onCamera(camera: Camera): void;
  onReset(): void;
  onResize(aspect: number): void;
  onHover(index: number, event: MouseEvent): void;
  onChoose(index: number): void;
}

const REACH_PIXELS = 14;

export function Scatter(props: Props) {
  const { cloud, trails, marks, onCamera } = props;
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<ScatterPainter | null>(null);
  const [size, setSize] = useState({ width: 1, height: 1 });
  const [supported, setSupported] = useState(true);
  const [hovered, setHovered] = useState(-1);
  const drag = useRef<{ x: number; y: number; moved: boolean } | null>(null);
  const camera = reshape(props.camera, size.width / size.height);

  useEffect(() => {
    painter.current = scatterPainter(canvas.current!);
    setSupported(painter.current !== null);
    const observer = new ResizeObserver(([{ contentRect }]) => {
      const { width, height } = contentRect;
      if (width < 1 || height < 1) return;
      setSize({ width, height });
      props.onResize(width / height);
    });
    observer.observe(box.current!);
    return () => {
      observer.disconnect();
      painter.current?.dispose();
    };
  }, []);

  useLayoutEffect(() => {
    painter.current?.upload(cloud, trails);
  }, [cloud, trails, supported, size.width > 1]);

  useLayoutEffect(() => {
    painter.current?.paint(camera, marks, 0.42 * textSize() * devicePixelRatio);
  });

  const clipAt = (event: MouseEvent): [number, number] => {
    const frame = box.current!.getBoundingClientRect();
    return [
      (2 * (event.clientX - frame.left)) / frame.width - 1,
      1 - (2 * (event.clientY - frame.top)) / frame.height,
    ];
  };
  const pixels = (x: number, y: number) => {
    const [clipX, clipY] = toClip(camera, x, y);
    return [(0.5 + clipX / 2) * size.width, (0.5 - clipY / 2) * size.height];
  };
  const pointAt = (event: MouseEvent) => {
    const [x, y] = fromClip(camera, ...clipAt(event));
    const reach = (REACH_PIXELS * 2 * camera.halfHeight) / size.height;
    return nearestPoint(cloud, x, y, reach);
  };
  const move = (event: PointerEvent) => {
    const start = drag.current;
    if (start && event.buttons === 1) {
      const [x, y] = [event.clientX - start.x, event.clientY - start.y];
      if (!start.moved && Math.hypot(x, y) < 4) return;
      drag.current = { x: event.clientX, y: event.clientY, moved: true };
      onCamera(pan(camera, (2 * x) / size.width, (-2 * y) / size.height));
      hideTip();
      return;
    }
    const index = pointAt(event);
    setHovered(index);
    if (index >= 0) props.onHover(index, event);
    else hideTip();
  };
  const release = (event: PointerEvent) => {
    const clicked = drag.current && !drag.current.moved;
    drag.current = null;
    const index = clicked ? pointAt(event) : -1;
    if (index >= 0) props.onChoose(index);
  };
  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    hideTip();
    onCamera(zoom(camera, Math.exp(0.0015 * event.deltaY), ...clipAt(event)));
  };
  const ring = (index: number, kind: string) => {
    if (index < 0 || 2 * index >= cloud.positions.length) return null;
    const [x, y] = pixels(cloud.positions[2 * index], cloud.positions[2 * index + 1]);
    return <circle class={`ring ${kind}`} cx={x} cy={y} r={(kind === "chosen" ? 0.7 : 0.6) * textSize()} />;
  };

  const [left, bottom] = fromClip(camera, -1, -1);
  const [right, top] = fromClip(camera, 1, 1);
  return (
    <div
      class="scatter"
      ref={box}
      role="img"
      aria-label={props.label}
      onPointerDown={(event) => {
        drag.current = { x: event.clientX, y: event.clientY, moved: false };
        (event.currentTarget as Element).setPointerCapture(event.pointerId);
      }}
      onPointerMove={move}
      onPointerUp={release}
      onPointerLeave={() => {
        setHovered(-1);
        hideTip();
      }}
      onWheel={wheel}
      onDblClick={props.onReset}
    >
      {!supported && <p class="notice">This browser offers no WebGL 2, which the plot is drawn with.</p>}
      <svg class="scatter-axes" width={size.width} height={size.height} aria-hidden="true">
        {ticks(left, right, 6).map((tick) => {
          const [x] = pixels(tick, 0);
          return (
            <g key={tick} class="axis">
              <line x1={x} x2={x} y1={0} y2={size.height} />
              {x > 30 && x < size.width - 90 && (
                <text x={x} y={size.height - 6} text-anchor="middle">
                  {formatNumber(tick)}
                </text>
              )}
            </g>
          );
        })}
        {ticks(bottom, top, 6).map((tick) => {
          const [, y] = pixels(0, tick);
          return (
            <g key={tick} class="axis">
              <line x1={0} x2={size.width} y1={y} y2={y} />
              {y > 28 && y < size.height - 24 && (
                <text x={6} y={y - 4}>
                  {formatNumber(tick)}
                </text>
              )}
            </g>
          );
        })}
      </svg>
      <canvas
        ref={canvas}
        width={Math.round(size.width * devicePixelRatio)}
        height={Math.round(size.height * devicePixelRatio)}
      />
      <svg class="scatter-marks" width={size.width} height={size.height} aria-hidden="true">
        {ring(props.chosen, "chosen")}
        {ring(hovered, "hovered")}
      </svg>
      <span class="axis-title horizontal">{props.axisTitles[0]}</span>
      <span class="axis-title vertical">{props.axisTitles[1]}</span>
    </div>
  );
}

/** The nearest point within reach, points that stand out first; -1 where there is none. */
export function nearestPoint({ positions, emphasis }: Cloud, x: number, y: number, reach: number): number {
  let best = -1;
  let least = reach * reach;
  let bestStandsOut = false;
  for (let index = 0; index < emphasis.length; index++) {
    const [dx, dy] = [positions[2 * index] - x, positions[2 * index + 1] - y];
    const distance = dx * dx + dy * dy;
    const standsOut = emphasis[index] === 1;
    if (distance > reach * reach || (bestStandsOut && !standsOut)) continue;
    if (distance < least || (standsOut && !bestStandsOut)) {
      [best, least, bestStandsOut] = [index, distance, standsOut];
    }
  }
  return best;
}
