/** An image with heat over it, the boxes of its tokens to hover and click. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { boxAt } from "../lib/raster";
import { paintHeat, type Heat } from "../painters/heat";
import type { Box } from "../schema";
import { hideTip } from "./Tooltip";

interface Props {
  url: string;
  width: number;
  height: number;
  label: string;
  /** Boxes of the tokens that can be pointed at, null where a token has none on this image. */
  boxes: readonly (Box | null)[];
  heat: Heat | null;
  /** The box of the chosen token. */
  chosen?: Box | null;
  /** Boxes known to hold the evidence. */
  targets?: readonly Box[];
  /** Boxes painted over: what the model did not see. */
  removed?: readonly Box[];
  onHover?(index: number, event: MouseEvent): void;
  onChoose?(index: number): void;
}

const PIXELATED_BELOW = 160;
const CANVAS_SIZE = 640;

export function ImageHeat(props: Props) {
  const { width, height, boxes, heat, chosen, targets, onHover, onChoose } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hovered, setHovered] = useState(-1);
  const [broken, setBroken] = useState(false);

  useLayoutEffect(() => {
    if (!canvas.current) return;
    if (heat) paintHeat(canvas.current, heat);
    else canvas.current.getContext("2d")?.clearRect(0, 0, canvas.current.width, canvas.current.height);
  }, [heat]);

  const indexAt = (event: MouseEvent) => {
    const frame = (event.currentTarget as Element).getBoundingClientRect();
    return boxAt(boxes, (event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height);
  };
  const leave = () => {
    setHovered(-1);
    hideTip();
  };

  return (
    <div
      class={`image-heat ${onChoose ? "clickable" : ""}`}
      role="img"
      aria-label={props.label}
      style={{ aspectRatio: `${width} / ${height}`, "--ratio": width / height }}
      onMouseMove={(event) => {
        const index = indexAt(event);
        setHovered(index);
        if (index >= 0) onHover?.(index, event);
        else hideTip();
      }}
      onMouseLeave={leave}
      onClick={(event) => {
        const index = indexAt(event);
        if (index >= 0) onChoose?.(index);
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
      <canvas
        ref={canvas}
        width={CANVAS_SIZE}
        height={Math.max(1, Math.round((CANVAS_SIZE * height) / width))}
      />
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
        {props.removed?.map(([x0, y0, x1, y1]) => (
          <rect key={`${x0} ${y0}`} class="removed" x={x0} y={y0} width={x1 - x0} height={y1 - y0} />
        ))}
        {targets?.map((box, index) => <Outline key={index} box={box} kind="target" />)}
        {hovered >= 0 && boxes[hovered] && <Outline box={boxes[hovered]} kind="hovered" />}
        {chosen && <Outline box={chosen} kind="chosen" />}
      </svg>
    </div>
  );
}

/** Two strokes, a light one on a dark one, so that it is seen on any image. */
function Outline({ box: [x0, y0, x1, y1], kind }: { box: Box; kind: "target" | "hovered" | "chosen" }) {
  const place = { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
  return (
    <g class={`outline ${kind}`}>
      <rect class="outline-under" {...place} />
      <rect class="outline-over" {...place} />
    </g>
  );
}
