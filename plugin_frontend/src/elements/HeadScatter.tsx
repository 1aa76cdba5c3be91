/** Heads in the plane of two statistics: hover, click, draw a rectangle or a lasso to pick, walk by arrow keys. */

import type { ComponentChildren } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { formatNumber } from "../lib/format";
import { arrowPath, markPath, nearestPlace, placesWithin, type Pixel, type Shape } from "../lib/head_marks";
import { insideTest } from "../lib/lasso";
import { ticks } from "../lib/scale";
import { useOwnSize } from "./own_size";
import { textSize } from "./text_size";
import { hideTip, showTip, showTipAt } from "./Tooltip";

export interface HeadPoint {
  /** Names it among the picked ones. */
  key: string;
  x: number;
  y: number;
  /** Where it was before, to draw an arrow from. */
  from?: Pixel;
  /** A CSS colour. */
  colour: string;
  shape: Shape;
}

interface Props {
  label: string;
  points: readonly HeadPoint[];
  /** Smallest and largest of both axes, shared by the plots that stand side by side. */
  extent: { x: readonly [number, number]; y: readonly [number, number] };
  axisTitles: readonly [string, string];
  chosen: string | null;
  picked: ReadonlySet<string>;
  describe(point: number): ComponentChildren;
  /** As it is spoken. */
  speak(point: number): string;
  onChoose(point: number): void;
  /** Pick or unpick one. */
  onToggle(point: number): void;
  /** Pick these, beside those picked before or in their place. */
  onPick(points: number[], add: boolean): void;
}

interface Brush {
  from: Pixel;
  to: Pixel;
  /** Drawn by hand; null for a rectangle. */
  line: readonly Pixel[] | null;
}

const AT_FIRST = { width: 420, height: 360 };
/** In sizes of the text. */
const MARGIN = { left: 4.3, right: 1.2, top: 0.9, bottom: 3.2 };
const REACH_PIXELS = 14;
const DRAG_PIXELS = 5;

export function HeadScatter(props: Props) {
  const { points, extent, picked } = props;
  const box = useRef<HTMLDivElement>(null);
  const focus = useRef<HTMLButtonElement>(null);
  const size = useOwnSize(box, AT_FIRST);
  const text = useMemo(textSize, [size]);
  const [hovered, setHovered] = useState(-1);
  const [walked, setWalked] = useState<string | null>(null);
  const [brush, setBrush] = useState<Brush | null>(null);

  const [left, top] = [MARGIN.left * text, MARGIN.top * text];
  const right = Math.max(left + 1, size.width - MARGIN.right * text);
  const bottom = size.height - MARGIN.bottom * text;
  const along = (value: number, [low, high]: readonly [number, number]) => (high > low ? (value - low) / (high - low) : 0.5);
  const x = (value: number) => left + (right - left) * along(value, extent.x);
  const y = (value: number) => bottom - (bottom - top) * along(value, extent.y);
  const drawn = [points, size.width, size.height, extent.x.join(), extent.y.join()];
  const places = useMemo(() => points.map((point): Pixel => [x(point.x), y(point.y)]), drawn);
  const radius = text * (points.length > 2000 ? 0.23 : points.length > 400 ? 0.31 : 0.38);
  const groups = useMemo(() => groupedByLook(points, picked, (index) => markPath(points[index].shape, places[index], radius)), [places, picked]);
  const arrows = useMemo(() => {
    const tail = (index: number): string => {
      const { from } = points[index];
      return from ? arrowPath([x(from[0]), y(from[1])], places[index], 0.46 * text) : "";
    };
    return groupedByLook(points, picked, tail);
  }, [places, picked]);

  const chosen = points.findIndex(({ key }) => key === props.chosen);
  const walkedTo = points.findIndex(({ key }) => key === walked);
  const focused = walkedTo >= 0 ? walkedTo : chosen >= 0 ? chosen : 0;

  const at = (event: MouseEvent): Pixel => {
    const frame = box.current!.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  };
  const move = (event: PointerEvent) => {
    const place = at(event);
    if (brush) {
      hideTip();
      return setBrush({ ...brush, to: place, line: brush.line && [...brush.line, place] });
    }
    const index = nearestPlace(places, place, REACH_PIXELS);
    setHovered(index);
    if (index >= 0) showTip(event, props.describe(index));
    else hideTip();
  };
  const release = (event: PointerEvent) => {
    if (!brush) return;
    setBrush(null);
    if (dragged(brush)) return props.onPick(within(places, brush, size.height), event.shiftKey);
    const index = nearestPlace(places, at(event), REACH_PIXELS);
    if (index < 0) return;
    setWalked(points[index].key);
    if (event.shiftKey || event.ctrlKey || event.metaKey) props.onToggle(index);
    else props.onChoose(index);
  };
  const walk = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && brush) return setBrush(null);
    if (event.key === "Enter" || event.key === " ") {
      if (event.shiftKey) props.onToggle(focused);
      else props.onChoose(focused);
    } else {
      const next = neighbour(places, focused, event.key);
      if (next === null) return;
      setWalked(points[next].key);
      requestAnimationFrame(() => focus.current && showTipAt(focus.current, props.describe(next)));
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const ring = (index: number, kind: string) =>
    places[index] && <circle class={`ring ${kind}`} cx={places[index][0]} cy={places[index][1]} r={radius + (kind === "chosen" ? 5 : 3)} />;

  return (
    <div
      class="head-scatter"
      ref={box}
      role="group"
      aria-label={props.label}
      onKeyDown={walk}
      onFocusOut={hideTip}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        const place = at(event);
        setBrush({ from: place, to: place, line: event.ctrlKey || event.metaKey ? [place] : null });
        (event.currentTarget as Element).setPointerCapture?.(event.pointerId);
      }}
      onPointerMove={move}
      onPointerUp={release}
      onPointerCancel={() => setBrush(null)}
      onPointerLeave={() => {
        setHovered(-1);
        hideTip();
      }}
    >
      <svg width={size.width} height={size.height} aria-hidden="true">
        {ticks(...extent.x, 6).map((tick) => (
          <g key={tick} class="axis">
            <line x1={x(tick)} x2={x(tick)} y1={top} y2={bottom} />
            <text x={x(tick)} y={bottom + 1.3 * text} text-anchor="middle">
              {formatNumber(tick)}
            </text>
          </g>
        ))}
        {ticks(...extent.y, 6).map((tick) => (
          <g key={tick} class="axis">
            <line x1={left} x2={right} y1={y(tick)} y2={y(tick)} />
            <text x={left - 0.5 * text} y={y(tick)} dy="0.32em" text-anchor="end">
              {formatNumber(tick)}
            </text>
          </g>
        ))}
        <text class="axis-name" x={(left + right) / 2} y={size.height - 0.5 * text} text-anchor="middle">
          {props.axisTitles[0]}
        </text>
        <text class="axis-name" transform={`translate(${text} ${(top + bottom) / 2}) rotate(-90)`} text-anchor="middle">
          {props.axisTitles[1]}
        </text>
        {arrows.map(({ look, colour, quiet, path }) => (
          <path key={look} class="head-arrow" data-quiet={quiet} d={path} style={{ stroke: colour }} />
        ))}
        {groups.map(({ look, colour, quiet, path }) => (
          <path key={look} class="head-mark" data-quiet={quiet} d={path} style={{ fill: colour }} />
        ))}
        {ring(chosen, "chosen")}
        {ring(hovered, "hovered")}
        {brush?.line && dragged(brush) && <path class="brush" fill-rule="evenodd" d={`M${brush.line.map((place) => place.join(" ")).join("L")}z`} />}
        {brush && !brush.line && dragged(brush) && (
          <rect
            class="brush"
            x={Math.min(brush.from[0], brush.to[0])}
            y={Math.min(brush.from[1], brush.to[1])}
            width={Math.abs(brush.to[0] - brush.from[0])}
            height={Math.abs(brush.to[1] - brush.from[1])}
          />
        )}
      </svg>
      {places[focused] && (
        <button
          ref={focus}
          type="button"
          class="head-focus"
          aria-label={props.speak(focused)}
          aria-pressed={picked.has(points[focused].key)}
          style={{ left: `${places[focused][0]}px`, top: `${places[focused][1]}px` }}
        />
      )}
    </div>
  );
}

/** What looks the same as one path; of picked heads last, hence on top. */
function groupedByLook(points: readonly HeadPoint[], picked: ReadonlySet<string>, pathOf: (index: number) => string) {
  const groups = new Map<string, { look: string; colour: string; quiet: boolean; path: string }>();
  points.forEach(({ key, colour, shape }, index) => {
    const quiet = picked.size > 0 && !picked.has(key);
    const look = `${colour} ${shape} ${quiet}`;
    const group = groups.get(look) ?? { look, colour, quiet, path: "" };
    group.path += pathOf(index);
    groups.set(look, group);
  });
  return [...groups.values()].sort((first, second) => Number(second.quiet) - Number(first.quiet));
}

/** Where an arrow key leads from a point: to the next along that axis; null for other keys. */
function neighbour(places: readonly Pixel[], from: number, key: string): number | null {
  const axis = key === "ArrowUp" || key === "ArrowDown" ? 1 : 0;
  const order = places.map((_, index) => index).sort((first, second) => places[first][axis] - places[second][axis] || first - second);
  const rank = order.indexOf(from);
  const ranks: Record<string, number> = {
    ArrowLeft: rank - 1,
    ArrowUp: rank - 1,
    ArrowRight: rank + 1,
    ArrowDown: rank + 1,
    Home: 0,
    End: order.length - 1,
  };
  return ranks[key] === undefined ? null : (order[ranks[key]] ?? from);
}

/** A lasso comes back to where it began: any of its places counts. */
function dragged({ from, to, line }: Brush): boolean {
  return (line ?? [to]).some((place) => Math.hypot(place[0] - from[0], place[1] - from[1]) > DRAG_PIXELS);
}

function within(places: readonly Pixel[], { from, to, line }: Brush, height: number): number[] {
  if (!line) return placesWithin(places, from, to);
  const inside = insideTest(line, height);
  return places.flatMap((place, index) => (inside(...place) ? [index] : []));
}
