/** The steps that were logged, and the handles A and B on two of them. */

import { useRef } from "preact/hooks";
import { nearest } from "../lib/blocks";
import { formatStep } from "../lib/format";
import { range, ticks } from "../lib/scale";
import type { Side } from "../lib/selection";
import { hideTip, showTip } from "./Tooltip";

export interface SliderTrack {
  steps: readonly number[];
  /** Whether the example was right at each step; null where nobody knows. */
  correct: readonly (boolean | null)[];
  step: number;
}

interface Props {
  a: SliderTrack;
  b: SliderTrack | null;
  onMove(side: Side, step: number): void;
}

export function StepSlider({ a, b, onMove }: Props) {
  const track = useRef<HTMLDivElement>(null);
  const dragged = useRef<Side | null>(null);
  const [low, high] = range(a.steps, b?.steps ?? []) ?? [0, 1];
  const share = (step: number) => (high > low ? (step - low) / (high - low) : 0.5);
  const left = (step: number) => `${100 * share(step)}%`;
  const trackOf = (side: Side) => (side === "b" && b ? b : a);

  const stepAt = (event: PointerEvent, side: Side) => {
    const frame = track.current!.getBoundingClientRect();
    const place = Math.min(1, Math.max(0, (event.clientX - frame.left) / frame.width));
    return nearest(trackOf(side).steps, low + place * (high - low));
  };
  const drag = (event: PointerEvent) => {
    const side = dragged.current;
    const step = stepAt(event, side ?? (event.shiftKey ? "b" : "a"));
    const right = a.correct[a.steps.indexOf(step)];
    const said = right === true ? " · correct" : right === false ? " · wrong" : "";
    showTip(event, <>step {formatStep(step)}{side ? "" : said}</>);
    if (side && step !== trackOf(side).step) onMove(side, step);
  };
  const grab = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const handle = (event.target as Element).closest<HTMLElement>("[data-side]");
    const side = (handle?.dataset.side as Side | undefined) ?? (event.shiftKey ? "b" : "a");
    dragged.current = side;
    track.current!.setPointerCapture(event.pointerId);
    const step = stepAt(event, side);
    if (!handle) onMove(side, step);
  };
  const turn = (side: Side) => (event: KeyboardEvent) => {
    const { steps, step } = trackOf(side);
    const index = steps.indexOf(step);
    const target = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: steps.length - 1 }[event.key];
    if (target === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (steps[target] !== undefined) onMove(side, steps[target]);
  };
  const handle = (side: Side, { steps, step }: SliderTrack) => (
    <button
      type="button"
      class={`handle ${side}`}
      role="slider"
      data-side={side}
      style={{ left: left(step) }}
      aria-label={`Step of ${side.toUpperCase()}`}
      aria-valuemin={steps[0]}
      aria-valuemax={steps[steps.length - 1]}
      aria-valuenow={step}
      aria-valuetext={`step ${formatStep(step)}`}
      onKeyDown={turn(side)}
    >
      {side.toUpperCase()}
    </button>
  );

  return (
    <div class="slider" data-testid="step-slider">
      <div
        class="slider-track"
        ref={track}
        onPointerDown={grab}
        onPointerMove={drag}
        onPointerUp={() => (dragged.current = null)}
        onPointerCancel={() => (dragged.current = null)}
        onPointerLeave={hideTip}
      >
        <div class="slider-line" />
        {a.steps.map((step, index) => (
          <i key={step} class={`tick ${outcomeClass(a.correct[index])}`} style={{ left: left(step) }} />
        ))}
        {b && handle("b", b)}
        {handle("a", a)}
      </div>
      <div class="slider-numbers" aria-hidden="true">
        {labels(low, high, share).map((step) => (
          <span key={step} style={{ left: left(step) }}>
            {formatStep(step)}
          </span>
        ))}
      </div>
    </div>
  );
}

export function outcomeClass(correct: boolean | null | undefined): string {
  return correct === true ? "correct" : correct === false ? "wrong" : "unknown";
}

/** Both ends, and round numbers far enough from them. */
function labels(low: number, high: number, share: (step: number) => number): number[] {
  if (low === high) return [low];
  const between = ticks(low, high, 5).filter((step) => share(step) > 0.08 && share(step) < 0.92);
  return [low, ...between, high];
}
