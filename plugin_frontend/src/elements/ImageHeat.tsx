/** An image with heat over it, the boxes of its tokens to hover, click, drag over and walk through. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { boxesWithin, gestureOf, type Gesture } from "../lib/choice";
import { outlinePath } from "../lib/outline";
import { boxAt, boxBeside } from "../lib/raster";
import { paintHeat, type Heat } from "../painters/heat";
import type { Box } from "../schema";
import { Outline } from "./Outline";
import { hideTip, showTip, showTipAt } from "./Tooltip";

interface Props {
  url: string;
  width: number;
  height: number;
  label: string;
  /** Boxes of the tokens that can be pointed at, null where a token has none on this image. */
  boxes: readonly (Box | null)[];
  heat: Heat | null;
  /** The boxes of the chosen tokens, outlined as one. */
  chosen?: readonly Box[];
  /** Boxes known to hold the evidence. */
  targets?: readonly Box[];
  /** Boxes painted over: what the model did not see. */
  removed?: readonly Box[];
  /** Whether a token can't be chosen: it is hatched under the pointer. */
  closed?(index: number): boolean;
  /** Lies on the image, under the outlines. */
  over?: ComponentChildren;
  tip?(index: number): ComponentChildren;
  onChoose?(index: number, gesture: Gesture): void;
  /** All boxes of a dragged rectangle. */
  onRegion?(indices: number[], add: boolean): void;
}

const PIXELATED_BELOW = 160;
/** Pixels from which on a press and move is a drag. */
const DRAG_FROM = 5;

type Point = readonly [number, number];

export function ImageHeat(props: Props) {
  const { width, height, boxes, heat, chosen, targets, closed, tip, onChoose, onRegion } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hovered, setHovered] = useState(-1);
  const [spoken, setSpoken] = useState(-1);
  const [broken, setBroken] = useState(false);
  const [region, setRegion] = useState<Box | null>(null);
  const pressed = useRef<{ at: Point; client: Point; dragged: boolean } | null>(null);
  const chosenPath = useMemo(() => (chosen?.length ? outlinePath(chosen) : null), [chosen]);

  useLayoutEffect(() => {
    if (!canvas.current) return;
    if (heat) paintHeat(canvas.current, heat, height / width);
    else canvas.current.getContext("2d")?.clearRect(0, 0, canvas.current.width, canvas.current.height);
  }, [heat, height / width]);

  const pointAt = (event: MouseEvent): Point => {
    const frame = (event.currentTarget as Element).getBoundingClientRect();
    return [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height];
  };
  const leave = () => {
    setHovered(-1);
    hideTip();
  };
  const press = (event: PointerEvent) => {
    if (!onRegion || event.button !== 0) return;
    pressed.current = { at: pointAt(event), client: [event.clientX, event.clientY], dragged: false };
    (event.currentTarget as Element).setPointerCapture?.(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    const start = pressed.current;
    if (start && (start.dragged || distance(start.client, event) >= DRAG_FROM)) {
      start.dragged = true;
      leave();
      return setRegion(between(start.at, pointAt(event)));
    }
    const index = boxAt(boxes, ...pointAt(event));
    setHovered(index);
    if (index >= 0 && tip) showTip(event, tip(index));
    else hideTip();
  };
  const release = (event: PointerEvent) => {
    const start = pressed.current;
    if (!start?.dragged) return;
    const inside = boxesWithin(boxes, between(start.at, pointAt(event)));
    setRegion(null);
    onRegion?.(inside, event.ctrlKey || event.metaKey);
  };
  const choose = (index: number, gesture: Gesture) => {
    if (index >= 0 && !closed?.(index)) onChoose?.(index, gesture);
  };
  const walk = (event: KeyboardEvent) => {
    if (event.altKey) return;
    const from = spoken >= 0 && boxes[spoken] ? spoken : boxes.findIndex((box) => box !== null && chosen?.includes(box));
    const step = STEPS[event.key];
    const chooses = event.key === "Enter" || event.key === " ";
    if (!step && !chooses) return;
    event.preventDefault();
    event.stopPropagation();
    if (chooses) return choose(from, gestureOf(event));
    const index = boxBeside(boxes, from, step);
    setSpoken(index);
    setHovered(index);
    if (index >= 0 && tip) showTipAt(event.currentTarget as Element, tip(index));
  };

  return (
    <div
      class={`image-heat ${onChoose ? "clickable" : ""}`}
      role={onChoose ? "application" : "img"}
      aria-label={onChoose ? `${props.label}. Arrow keys walk over them, Enter chooses.` : props.label}
      tabIndex={onChoose ? 0 : undefined}
      style={{ aspectRatio: `${width} / ${height}`, "--ratio": width / height }}
      onPointerDown={press}
      onPointerMove={move}
      onPointerUp={release}
      onPointerCancel={() => {
        pressed.current = null;
        setRegion(null);
      }}
      onMouseLeave={leave}
      onFocusOut={leave}
      onKeyDown={onChoose && walk}
      onClick={(event) => {
        const dragged = pressed.current?.dragged;
        pressed.current = null;
        if (!dragged) choose(boxAt(boxes, ...pointAt(event)), gestureOf(event));
      }}
    >
      {broken ? (
        <div class="image-missing hatched" />
      ) : (
        <img
          src={props.url}
          alt=""
          draggable={false}
          class={Math.max(width, height) < PIXELATED_BELOW ? "pixelated" : ""}
          onError={() => setBroken(true)}
        />
      )}
      <canvas ref={canvas} />
      {props.over}
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
        {props.removed?.map(([x0, y0, x1, y1]) => (
          <rect key={`${x0} ${y0}`} class="removed" x={x0} y={y0} width={x1 - x0} height={y1 - y0} />
        ))}
        {targets?.map((box, index) => <Outline key={index} path={outlinePath([box])} kind="target" />)}
        {hovered >= 0 && boxes[hovered] && (
          <Outline path={outlinePath([boxes[hovered]])} kind={closed?.(hovered) ? "closed" : "hovered"} />
        )}
        {chosenPath && <Outline path={chosenPath} kind="chosen" />}
        {region && <Outline path={outlinePath([region])} kind="region" />}
      </svg>
      {hovered >= 0 && boxes[hovered] && closed?.(hovered) && <i class="image-closed hatched" style={cssPlace(boxes[hovered])} />}
      {spoken >= 0 && tip && (
        <span class="only-spoken" aria-live="polite">
          {tip(spoken)}
        </span>
      )}
    </div>
  );
}

const STEPS: Record<string, Point> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function distance([x, y]: Point, event: MouseEvent): number {
  return Math.hypot(event.clientX - x, event.clientY - y);
}

function between([x0, y0]: Point, [x1, y1]: Point): Box {
  return [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)];
}

function cssPlace([x0, y0, x1, y1]: Box) {
  const percent = (share: number) => `${100 * share}%`;
  return { left: percent(x0), top: percent(y0), width: percent(x1 - x0), height: percent(y1 - y0) };
}
