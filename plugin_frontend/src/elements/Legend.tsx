/** What the colours mean, in numbers. */

import { gradient, type ColourTable } from "../lib/colour";
import { formatNumber, formatSigned, withUnit } from "../lib/format";
import { position, ticks, valueAt, type Scale } from "../lib/scale";
import type { Scaling } from "../lib/selection";

interface Props {
  scale: Scale;
  table: ColourTable;
  title: string;
  unit: string;
  note?: string;
  /** Little room: only the ends (and zero) in numbers, the note on a line of its own. */
  narrow?: boolean;
}

export function Legend({ scale, table, title, unit, note, narrow }: Props) {
  const middle = scale.diverging ? [0] : narrow ? [] : between(scale);
  const shown = [
    { value: valueAt(scale, 0), share: 0 },
    ...middle.map((value) => ({ value, share: position(scale, value) })),
    { value: valueAt(scale, 1), share: 1 },
  ];
  const said = [scale.scaling && SCALING_NOTES[scale.scaling], note].filter(Boolean).join("; ");
  const format = scale.diverging ? formatSigned : formatNumber;
  return (
    <figure class={`legend ${narrow ? "narrow" : ""}`} data-testid="legend" aria-label={`Colour scale: ${title}`}>
      <figcaption>
        {withUnit(title, unit && `(${unit})`)}
        {said && <span class="muted">{narrow ? said : ` · ${said}`}</span>}
      </figcaption>
      <div class="legend-bar" style={{ background: gradient(table) }} />
      <div class="legend-numbers">
        {shown.map(({ value, share }, index) => (
          <span
            key={index}
            style={{ left: `${100 * share}%` }}
            data-edge={index === 0 ? "start" : index === shown.length - 1 ? "end" : undefined}
          >
            {format(value)}
          </span>
        ))}
      </div>
    </figure>
  );
}

const SCALING_NOTES: Record<Scaling, string> = {
  linear: "",
  clipped: "1st to 99th percentile",
  log: "logarithmic",
  rank: "by rank",
};

/** Numbers to be told between the ends: round ones, powers of ten, or the median of ranks. */
function between(scale: Scale): number[] {
  if (scale.scaling === "rank") return [valueAt(scale, 0.5)];
  if (scale.scaling !== "log") return ticks(scale.low, scale.high, 3).filter((tick) => inside(scale, tick));
  const [low, high] = [Math.log10(scale.low), Math.log10(scale.high)];
  const powers = ticks(low, high, 3).filter(Number.isInteger);
  return powers.map((power) => 10 ** power).filter((power) => inside(scale, power));
}

/** Far enough from both ends for its number not to collide with theirs. */
function inside(scale: Scale, tick: number): boolean {
  const share = position(scale, tick);
  return share > 0.28 && share < 0.68;
}
