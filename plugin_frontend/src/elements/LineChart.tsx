/** Lines over training steps, one or two of them standing out. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { formatNumber, formatStep } from "../lib/format";
import { range, ticks } from "../lib/scale";
import { hideTip, showTip } from "./Tooltip";

export interface Line {
  name: string;
  steps: readonly number[];
  values: readonly number[];
  /** "context" lines stay in the background. */
  kind: "context" | "a" | "b";
}

interface Props {
  label: string;
  lines: readonly Line[];
  /** Steps to mark, with the side that shows them. */
  marks: readonly { step: number; kind: "a" | "b" }[];
  onChoose(step: number): void;
}

const MARGIN = { left: 40, right: 20, top: 8, bottom: 20 };

export function LineChart({ label, lines, marks, onChoose }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 300, height: 150 });
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry.contentRect;
      if (width > 0 && height > 0) setSize({ width, height });
    });
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);

  const [firstStep, lastStep] = range(...lines.map(({ steps }) => steps)) ?? [0, 1];
  const [low, high] = range(...lines.map(({ values }) => values)) ?? [0, 1];
  const bottom = low >= 0 ? 0 : low;
  const top = high > bottom ? high : bottom + 1;
  const x = (step: number) =>
    MARGIN.left + ((size.width - MARGIN.left - MARGIN.right) * (step - firstStep)) / (lastStep - firstStep || 1);
  const y = (value: number) =>
    size.height - MARGIN.bottom - ((size.height - MARGIN.top - MARGIN.bottom) * (value - bottom)) / (top - bottom);
  const front = lines.filter(({ kind }) => kind !== "context");

  const nearestStep = (event: MouseEvent) => {
    const { left } = box.current!.getBoundingClientRect();
    const steps = (front[0] ?? lines[0])?.steps ?? [];
    return steps.reduce<number | null>((best, step) => {
      const distance = Math.abs(x(step) - (event.clientX - left));
      return best === null || distance < Math.abs(x(best) - (event.clientX - left)) ? step : best;
    }, null);
  };
  const hover = (event: MouseEvent) => {
    const step = nearestStep(event);
    if (step === null) return;
    showTip(
      event,
      <>
        step {formatStep(step)}
        {front.map(({ name, steps, values, kind }) => (
          <div key={name}>
            <b class={`side-${kind}`}>{name}</b> {formatNumber(values[steps.indexOf(step)] ?? NaN)}
          </div>
        ))}
      </>,
    );
  };

  return (
    <div
      class="line-chart"
      ref={box}
      role="img"
      aria-label={label}
      onMouseMove={hover}
      onMouseLeave={hideTip}
      onClick={(event) => {
        const step = nearestStep(event);
        if (step !== null) onChoose(step);
      }}
    >
      <svg width={size.width} height={size.height} aria-hidden="true">
        {ticks(bottom, top, 3).map((tick) => (
          <g key={tick} class="axis">
            <line x1={MARGIN.left} x2={size.width - MARGIN.right} y1={y(tick)} y2={y(tick)} />
            <text x={MARGIN.left - 6} y={y(tick)} dy="0.32em" text-anchor="end">
              {formatNumber(tick)}
            </text>
          </g>
        ))}
        {stepLabels(firstStep, lastStep).map((tick) => (
          <g key={tick} class="axis">
            <text x={x(tick)} y={size.height - 4} text-anchor="middle">
              {formatStep(tick)}
            </text>
          </g>
        ))}
        {marks.map(({ step, kind }) => (
          <line key={kind} class={`mark ${kind}`} x1={x(step)} x2={x(step)} y1={MARGIN.top} y2={y(bottom)} />
        ))}
        {lines.map((line) => (
          <path key={`${line.kind} ${line.name}`} class={`line ${line.kind}`} d={path(line, x, y)} />
        ))}
        {front.flatMap(({ name, steps, values, kind }) =>
          steps.map((step, index) =>
            Number.isNaN(values[index]) ? null : (
              <circle key={`${name} ${step}`} class={`dot ${kind}`} cx={x(step)} cy={y(values[index])} r={2.5} />
            ),
          ),
        )}
      </svg>
    </div>
  );
}

/** Both ends, and round steps far enough from them. */
function stepLabels(first: number, last: number): number[] {
  const far = (step: number) => Math.min(step - first, last - step) > 0.2 * (last - first);
  return first === last ? [first] : [first, ...ticks(first, last, 3).filter(far), last];
}

/** Broken where a value is not defined. */
function path({ steps, values }: Line, x: (step: number) => number, y: (value: number) => number): string {
  let pen = "M";
  return steps
    .map((step, index) => {
      if (Number.isNaN(values[index])) {
        pen = "M";
        return "";
      }
      const part = `${pen}${x(step).toFixed(1)} ${y(values[index]).toFixed(1)}`;
      pen = "L";
      return part;
    })
    .join("");
}
