/** Wheel, pointers and keys over a matrix. */

import type { JSX } from "preact";
import { hideTip, showTip } from "../../../elements/Tooltip";
import {
  levelsAt,
  panned,
  showing,
  windowOf,
  zoomed,
  type MatrixCamera,
  type MatrixShape,
} from "../../../lib/tiles";
import { CellTip } from "./cell_words";
import { cameraFor, type PlotState } from "./plot_state";
import { moveWindow, pointed, type Cell } from "./window_shown";

type Point = readonly [number, number];

const KEY_ZOOM = 1.5;
const DRAG_FROM_PIXELS = 4;
const STEPS: Record<string, Point> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export function navigation(stateNow: () => PlotState) {
  const pointers = new Map<number, Point>();
  let start: Point = [0, 0];
  let dragged = false;

  const at = (event: MouseEvent): Point => {
    const { gutter } = stateNow();
    const frame = (event.currentTarget as Element).getBoundingClientRect();
    return [event.clientX - frame.left - gutter.left, event.clientY - frame.top - gutter.top];
  };

  const show = (camera: MatrixCamera) => {
    const { side, plot } = stateNow();
    const window = windowOf(camera, side.source.shape, plot);
    moveWindow(isWhole(window, side.source.shape) ? null : window);
  };

  const pan = (by: Point) => {
    const { side, plot, stretch } = stateNow();
    show(panned(cameraFor(stateNow()), by, side.source.shape, plot, stretch));
  };

  const zoom = (factor: number, about: Point) => {
    const { side, plot, stretch } = stateNow();
    show(zoomed(cameraFor(stateNow()), factor, about, side.source.shape, plot, stretch));
  };

  const cellUnder = ([x, y]: Point): Cell | null => {
    const camera = cameraFor(stateNow());
    const { queries, keys } = stateNow().side.source.shape;
    const [key, query] = [Math.floor(camera.x + x / camera.perKey), Math.floor(camera.y + y / camera.perQuery)];
    return x >= 0 && y >= 0 && key < keys && query < queries ? { query, key } : null;
  };

  const point = (cell: Cell | null, place: { clientX: number; clientY: number }) => {
    const before = pointed.peek();
    if (cell?.query !== before?.query || cell?.key !== before?.key) pointed.value = cell;
    if (cell) showTip(place, <CellTip side={stateNow().side} cell={cell} levels={levels()} />);
    else hideTip();
  };

  const levels = () => levelsAt(cameraFor(stateNow()), devicePixelRatio, stateNow().side.source.shape);

  const leave = () => {
    pointed.value = null;
    hideTip();
  };

  const events: JSX.HTMLAttributes<HTMLCanvasElement> = {
    onPointerDown: (event) => {
      pointers.set(event.pointerId, at(event));
      if (pointers.size === 1) [start, dragged] = [at(event), false];
      (event.currentTarget as Element).setPointerCapture(event.pointerId);
    },
    onPointerMove: (event) => {
      const [now, before] = [at(event), pointers.get(event.pointerId)];
      if (!before || event.buttons === 0) {
        pointers.clear();
        return point(cellUnder(now), event);
      }
      if (!dragged && Math.hypot(now[0] - start[0], now[1] - start[1]) < DRAG_FROM_PIXELS) return;
      dragged = true;
      leave();
      const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
      pointers.set(event.pointerId, now);
      if (!other) return pan([now[0] - before[0], now[1] - before[1]]);
      const apart = (one: Point) => Math.max(1, Math.hypot(one[0] - other[0], one[1] - other[1]));
      zoom(apart(now) / apart(before), [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2]);
    },
    onPointerUp: (event) => void pointers.delete(event.pointerId),
    onPointerCancel: () => pointers.clear(),
    onPointerLeave: leave,
    onBlur: leave,
    onWheel: (event) => {
      event.preventDefault();
      hideTip();
      // A pinch on a touch pad comes as a wheel with the control key, in small steps.
      const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
      zoom(Math.exp((event.ctrlKey ? -0.01 : -0.0015) * pixels), at(event));
    },
    onDblClick: () => moveWindow(null),
  };

  /** The cell that was clicked; null after a drag. */
  const clicked = (event: MouseEvent): Cell | null => (dragged ? null : cellUnder(at(event)));

  /** Do what the key says; returns the cell that is chosen by it. */
  const pressed = (event: KeyboardEvent): Cell | null => {
    if (event.ctrlKey || event.metaKey || event.altKey) return null;
    const { side, plot, stretch, gutter } = stateNow();
    const middle: Point = [plot.width / 2, plot.height / 2];
    const step = STEPS[event.key];
    if (step && event.shiftKey) pan([-step[0] * middle[0], -step[1] * middle[1]]);
    else if (step) {
      const cell = moved(pointed.peek() ?? cellUnder(middle) ?? { query: 0, key: 0 }, step);
      show(showing(cameraFor(stateNow()), cell, side.source.shape, plot, stretch));
      const camera = cameraFor(stateNow());
      const frame = (event.currentTarget as Element).getBoundingClientRect();
      point(cell, {
        clientX: frame.left + gutter.left + (cell.key + 1 - camera.x) * camera.perKey,
        clientY: frame.top + gutter.top + (cell.query + 1 - camera.y) * camera.perQuery,
      });
    } else if (event.key === "+" || event.key === "=") zoom(KEY_ZOOM, middle);
    else if (event.key === "-") zoom(1 / KEY_ZOOM, middle);
    else if (event.key === "0") moveWindow(null);
    else if (event.key !== "Enter") return null;
    event.preventDefault();
    return event.key === "Enter" ? pointed.peek() : null;
  };

  /** The next cell as it is drawn: where cells join tokens, the first token of it. */
  const moved = ({ query, key }: Cell, [x, y]: Point): Cell => {
    const { level, keyLevel } = levels();
    const { queries, keys } = stateNow().side.source.shape;
    const next = (position: number, direction: number, of: number, count: number) =>
      direction === 0 ? position : Math.max(0, Math.min(count - 1, ((position >> of) + direction) << of));
    return { query: next(query, y, level, queries), key: next(key, x, keyLevel, keys) };
  };

  return { events, clicked, pressed, zoom };
}

function isWhole(window: { x0: number; y0: number; x1: number; y1: number }, { queries, keys }: MatrixShape): boolean {
  const near = (one: number, other: number) => Math.abs(one - other) < 1e-6 * Math.max(queries, keys);
  return near(window.x0, 0) && near(window.y0, 0) && near(window.x1, keys) && near(window.y1, queries);
}
