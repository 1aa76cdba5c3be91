/** What the colours mean, in numbers. */

import { gradient, type ColourTable } from "../lib/colour";
import { formatNumber, formatSigned, withUnit } from "../lib/format";
import { position, ticks, type Scale } from "../lib/scale";

interface Props {
  scale: Scale;
  table: ColourTable;
  title: string;
  unit: string;
  note?: string;
  /** What stands below the bar where the scale is not linear. */
  marks?: readonly { value: number; position: number }[];
  /** Little room: only the ends (and zero) in numbers, the note on a line of its own. */
  narrow?: boolean;
}

export function Legend({ scale, table, title, unit, note, marks, narrow }: Props) {
  const middle = scale.diverging ? [0] : narrow ? [] : ticks(scale.low, scale.high, 3).filter((tick) => inside(scale, tick));
  const linear = [scale.low, ...middle, scale.high].map((value) => ({ value, position: position(scale, value) }));
  const shown = marks ?? linear;
  const format = scale.diverging ? formatSigned : formatNumber;
  return (
    <figure class={`legend ${narrow ? "narrow" : ""}`} data-testid="legend" aria-label={`Colour scale: ${title}`}>
      <figcaption>
        {withUnit(title, unit && `(${unit})`)}
        {note && <span class="muted">{narrow ? note : ` · ${note}`}</span>}
      </figcaption>
      <div class="legend-bar" style={{ background: gradient(table) }} />
      <div class="legend-numbers">
        {shown.map(({ value, position: place }, index) => (
          <span
            key={index}
            style={{ left: `${100 * place}%` }}
            data-edge={place === 0 ? "start" : place === 1 ? "end" : undefined}
          >
            {format(value)}
          </span>
        ))}
      </div>
    </figure>
  );
}

/** Far enough from both ends for its number not to collide with theirs. */
function inside(scale: Scale, tick: number): boolean {
  const share = position(scale, tick);
  return share > 0.28 && share < 0.68;
}
