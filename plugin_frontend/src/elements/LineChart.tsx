/** Lines over training steps or over shares of tokens, those in front with dots. */

import type { ComponentChildren } from "preact";
import { useContext, useRef } from "preact/hooks";
import { bands, linePath } from "../lib/curves";
import { rowsOfColumns, type Column } from "../lib/csv";
import { formatInterval, formatNumber, formatStep } from "../lib/format";
import { range, ticks } from "../lib/scale";
import type { Series } from "../lib/series";
import { ChartAxis } from "./ChartFigure";
import { useOwnSize } from "./own_size";
import { useRows } from "./table_rows";
import { hideTip, showTip } from "./Tooltip";

export interface Line {
  name: string;
  /** Training steps, unless the chart says otherwise. */
  steps: readonly number[];
  /** NaN where there is none. */
  values: readonly number[];
  /** Standard errors of the values, shown as a band. */
  errors?: readonly number[];
  /** Or the band's bounds themselves. */
  low?: readonly number[];
  high?: readonly number[];
  /** "context" lines stay in the background; a "series" has a look of its own. */
  kind: "context" | "a" | "b" | "series";
  series?: Series;
}

interface Props {
  label: string;
  lines: readonly Line[];
  /** Steps to mark, with the side that shows them; or the place chosen on another axis. */
  marks: readonly { step: number; kind: "a" | "b" | "chosen" }[];
  /** What charts side by side have in common: smallest and largest value. */
  extent?: readonly [number, number] | null;
  /** A place on the horizontal axis, below it and in the tooltip. */
  formatX?(step: number): string;
  describeX?(step: number): string;
  onChoose?(step: number): void;
}

const AT_FIRST = { width: 300, height: 150 };
const MARGIN = { left: 40, right: 20, top: 8, bottom: 20 };

export function LineChart(props: Props) {
  const { label, lines, marks, onChoose } = props;
  const formatX = props.formatX ?? formatStep;
  const describeX = props.describeX ?? ((step: number) => `step ${formatStep(step)}`);
  const box = useRef<HTMLDivElement>(null);
  const size = useOwnSize(box, AT_FIRST);
  const axis = useContext(ChartAxis);
  useRows(box, lines.length > 0 ? () => rowsOfColumns(axis, columnsOf(lines)) : null);

  const [firstStep, lastStep] = range(...lines.map(({ steps }) => steps)) ?? [0, 1];
  const [low, high] = props.extent ?? valueRange(lines) ?? [0, 1];
  const bottom = low >= 0 ? 0 : low;
  const top = high > bottom ? high : bottom + 1;
  const inner = size.width - MARGIN.left - MARGIN.right;
  const x = (step: number) =>
    MARGIN.left + inner * (lastStep > firstStep ? (step - firstStep) / (lastStep - firstStep) : 0.5);
  const y = (value: number) =>
    size.height - MARGIN.bottom - ((size.height - MARGIN.top - MARGIN.bottom) * (value - bottom)) / (top - bottom);
  const front = lines.filter(({ kind }) => kind !== "context");
  // Dozens that look the same are one path: the browser would lay out each.
  const [behind, distinct] = [lines.filter(looksPlain), lines.filter((line) => !looksPlain(line))];

  const nearestStep = (event: MouseEvent) => {
    const { left } = box.current!.getBoundingClientRect();
    const steps = [...new Set((front.length > 0 ? front : lines).flatMap((line) => line.steps))];
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
        {describeX(step)}
        {front.map((line, index) => (
          <Reading key={index} line={line} step={step} />
        ))}
      </>,
    );
  };

  return (
    <div
      class={`line-chart ${onChoose ? "clickable" : ""}`}
      ref={box}
      role="img"
      aria-label={label}
      onMouseMove={hover}
      onMouseLeave={hideTip}
      onClick={(event) => {
        const step = nearestStep(event);
        if (step !== null) onChoose?.(step);
      }}
    >
      <svg width={size.width} height={size.height} aria-hidden="true">
        {ticks(bottom, top, 5).map((tick) => (
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
              {formatX(tick)}
            </text>
          </g>
        ))}
        {marks.map(({ step, kind }) => (
          <line key={kind} class={`mark ${kind}`} x1={x(step)} x2={x(step)} y1={MARGIN.top} y2={y(bottom)} />
        ))}
        {lines.flatMap((line, number) => {
          const { low: from, high: to } = boundsOf(line);
          return bands(line.steps, from, to, x, y).map((band, index) => (
            <path key={`${number} ${index}`} class={`band ${line.kind}`} d={band} style={{ color: line.series?.colour }} />
          ));
        })}
        {behind.length > 0 && (
          <path class="line context" d={behind.map(({ steps, values }) => linePath(steps, values, x, y)).join("")} />
        )}
        {distinct.map(({ kind, steps, values, series }, index) => (
          <path
            key={index}
            class={`line ${kind}`}
            d={linePath(steps, values, x, y)}
            style={series && { stroke: series.colour }}
            stroke-dasharray={series?.dash ?? undefined}
          />
        ))}
        {front.flatMap(({ steps, values, kind, series }, line) =>
          steps.map((step, index) =>
            Number.isNaN(values[index]) ? null : (
              <circle
                key={`${line} ${step}`}
                class={`dot ${kind}`}
                cx={x(step)}
                cy={y(values[index])}
                r={2.5}
                style={series && { fill: series.colour }}
              />
            ),
          ),
        )}
      </svg>
    </div>
  );
}

function looksPlain({ kind, series }: Line): boolean {
  return kind === "context" && !series;
}

/** What the line says at the step. */
function Reading({ line, step }: { line: Line; step: number }): ComponentChildren {
  const { name, steps, values, errors, low, high, kind, series } = line;
  const index = steps.indexOf(step);
  const [value, error] = [values[index] ?? NaN, errors?.[index] ?? NaN];
  const interval = formatInterval(low?.[index] ?? NaN, high?.[index] ?? NaN);
  return (
    <div>
      <b class={`side-${kind}`} style={series && { color: series.colour }}>
        {name}
      </b>{" "}
      {Number.isNaN(value) ? "–" : formatNumber(value)}
      {!Number.isNaN(error) && <span class="muted"> ± {formatNumber(error)}</span>}
      {interval && <span class="muted"> {interval}</span>}
    </div>
  );
}

/** The bounds of the line's band; empty where it has none. */
function boundsOf({ values, errors, low, high }: Line): { low: readonly number[]; high: readonly number[] } {
  if (!errors) return { low: low ?? [], high: high ?? [] };
  const edge = (sign: number) => values.map((value, index) => value + sign * errors[index]);
  return { low: edge(-1), high: edge(1) };
}

/** The lines, each with the bounds of its band. One in front may also be among those behind. */
function columnsOf(lines: readonly Line[]): Column[] {
  const front = new Set(lines.filter(({ kind }) => kind !== "context").map(({ name }) => name));
  return lines
    .filter(({ kind, name }) => kind !== "context" || !front.has(name))
    .flatMap((line) => {
      const { name, steps: places, values } = line;
      const { low, high } = boundsOf(line);
      const column = (title: string, values: readonly number[]): Column => ({ name: title, places, values });
      const bounds = low.length > 0 ? [column(`${name}, low`, low), column(`${name}, high`, high)] : [];
      return [column(name, values), ...bounds];
    });
}

/** Smallest and largest value of all lines with their bands, or null where there is none. */
export function valueRange(lines: readonly Line[]): [number, number] | null {
  return range(...lines.flatMap((line) => [line.values, boundsOf(line).low, boundsOf(line).high]));
}

/** Both ends, and round steps far enough from them. */
function stepLabels(first: number, last: number): number[] {
  const far = (step: number) => Math.min(step - first, last - step) > 0.2 * (last - first);
  return first === last ? [first] : [first, ...ticks(first, last, 3).filter(far), last];
}
