/** What pointers and keys do in a scatter plot. */

import { useRef, useState } from "preact/hooks";
import { orbit, pan, zoom, type Camera } from "../lib/camera";
import { rectangle, type Pixel } from "../lib/lasso";
import type { Combination, SelectTool } from "../lib/scatter";

export interface ScatterInput {
  camera: Camera;
  space: boolean;
  width: number;
  height: number;
  /** What dragging draws; null: it moves the view. */
  tool: SelectTool | null;
  /** null: all of it. */
  onCamera(camera: Camera | null): void;
  onHover(place: Pixel, event: PointerEvent): void;
  onClick(place: Pixel): void;
  onSelect(line: readonly Pixel[], how: Combination): void;
  /** Nothing lies under the pointer any more, or it does something else. */
  onLeave(): void;
}

type Gesture = "move" | "turn" | "select" | "pinch";

interface Drag {
  gesture: Gesture;
  start: Pixel;
  last: Pixel;
  moved: boolean;
  how: Combination;
}

/** Less is a click. */
const DRAG_PIXELS = 4;
/** A line needs no more corners than one in so many pixels. */
const LINE_PIXELS = 2;
const KEY_TURN = Math.PI / 18;
const KEY_PAN = 0.2;
const KEY_ZOOM = 0.8;

export function useScatterInput(input: ScatterInput) {
  const { camera, space, width, height, onCamera } = input;
  const aspect = width / height;
  const pointers = useRef(new Map<number, Pixel>());
  const drag = useRef<Drag | null>(null);
  const [line, setLine] = useState<readonly Pixel[] | null>(null);
  const hovering = useRef(0);

  const at = (event: MouseEvent): Pixel => {
    const frame = (event.currentTarget as Element).getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  };
  const clip = ([x, y]: Pixel): [number, number] => [(2 * x) / width - 1, 1 - (2 * y) / height];
  const moved = (by: Pixel) => pan(camera, (2 * by[0]) / width, (-2 * by[1]) / height, aspect);
  const cancel = () => {
    drag.current = null;
    setLine(null);
  };
  /** Hovering looks at all points: once per frame is enough. */
  const hover = (place: Pixel, event: PointerEvent) => {
    cancelAnimationFrame(hovering.current);
    hovering.current = requestAnimationFrame(() => input.onHover(place, event));
  };
  const leave = () => {
    cancelAnimationFrame(hovering.current);
    input.onLeave();
  };
  const pinch = (id: number, place: Pixel) => {
    const other = [...pointers.current].find(([key]) => key !== id)?.[1];
    const before = pointers.current.get(id);
    if (!other || !before) return;
    const spread = (from: Pixel) => Math.max(1, Math.hypot(from[0] - other[0], from[1] - other[1]));
    const middle: Pixel = [0.5 * (place[0] + other[0]), 0.5 * (place[1] + other[1])];
    const panned = moved([0.5 * (place[0] - before[0]), 0.5 * (place[1] - before[1])]);
    onCamera(zoom(panned, spread(before) / spread(place), ...clip(middle), aspect));
  };

  const handlers = {
    onPointerDown(event: PointerEvent) {
      const place = at(event);
      (event.currentTarget as Element).setPointerCapture?.(event.pointerId);
      pointers.current.set(event.pointerId, place);
      if (pointers.current.size === 2) {
        setLine(null);
        drag.current = { gesture: "pinch", start: place, last: place, moved: true, how: "replace" };
        return;
      }
      const selects = event.button === 0 && (input.tool !== null || event.shiftKey);
      const turns = space && event.button === 0 && !event.ctrlKey && !event.metaKey;
      const gesture = selects ? "select" : turns ? "turn" : "move";
      // Some window managers keep the Alt key for themselves.
      const removes = event.altKey || (input.tool !== null && (event.ctrlKey || event.metaKey));
      const how = removes ? "remove" : input.tool !== null && event.shiftKey ? "add" : "replace";
      drag.current = { gesture, start: place, last: place, moved: false, how };
    },
    onPointerMove(event: PointerEvent) {
      const place = at(event);
      const now = drag.current;
      if (!now) return hover(place, event);
      if (now.gesture === "pinch") {
        pinch(event.pointerId, place);
        pointers.current.set(event.pointerId, place);
        return;
      }
      if (!now.moved && Math.hypot(place[0] - now.start[0], place[1] - now.start[1]) < DRAG_PIXELS) return;
      if (!now.moved) leave();
      now.moved = true;
      const by: Pixel = [place[0] - now.last[0], place[1] - now.last[1]];
      if (now.gesture === "select") {
        if (input.tool === "rectangle") setLine(rectangle(now.start, place));
        else if (line === null) setLine([now.start, place]);
        else if (Math.hypot(...by) < LINE_PIXELS) return;
        else setLine([...line, place]);
      } else if (now.gesture === "turn") {
        const unit = Math.PI / Math.min(width, height);
        onCamera(orbit(camera, by[0] * unit, by[1] * unit));
      } else {
        onCamera(moved(by));
      }
      now.last = place;
    },
    onPointerUp(event: PointerEvent) {
      const now = drag.current;
      pointers.current.delete(event.pointerId);
      if (now?.gesture === "pinch" && pointers.current.size > 0) return;
      cancel();
      if (!now || now.gesture === "pinch") return;
      if (!now.moved && event.button === 0) input.onClick(at(event));
      else if (now.gesture === "select" && line !== null) input.onSelect(line, now.how);
    },
    onPointerCancel(event: PointerEvent) {
      pointers.current.delete(event.pointerId);
      cancel();
    },
    onPointerLeave: leave,
    onContextMenu: (event: Event) => space && event.preventDefault(),
    onWheel(event: WheelEvent) {
      event.preventDefault();
      leave();
      // Some mice count lines instead of pixels.
      const pixels = event.deltaMode === 1 ? 24 * event.deltaY : event.deltaY;
      onCamera(zoom(camera, Math.exp(0.0015 * pixels), ...clip(at(event)), aspect));
    },
    onDblClick: () => onCamera(null),
    onKeyDown(event: KeyboardEvent) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape") {
        if (!drag.current) return;
        cancel();
      } else {
        const next = cameraAfter(event, camera, space, aspect);
        if (next === undefined) return;
        leave();
        onCamera(next);
      }
      event.preventDefault();
      event.stopPropagation();
    },
  };
  return { handlers, line };
}

/** What a key makes of the camera: null for all of it, undefined where the key means nothing here. */
function cameraAfter({ key, shiftKey }: KeyboardEvent, camera: Camera, space: boolean, aspect: number): Camera | null | undefined {
  if (key === "0" || key === "Home") return null;
  if (key === "+" || key === "=") return zoom(camera, KEY_ZOOM, 0, 0, aspect);
  if (key === "-" || key === "_") return zoom(camera, 1 / KEY_ZOOM, 0, 0, aspect);
  const across = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
  const down = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
  if (across === 0 && down === 0) return undefined;
  if (space && !shiftKey) return orbit(camera, across * KEY_TURN, down * KEY_TURN);
  return pan(camera, -across * KEY_PAN, down * KEY_PAN, aspect);
}
