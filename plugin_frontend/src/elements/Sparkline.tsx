/** A line in the space of a cell: no axes, so that many stand beside each other on one scale. */

import { linePath } from "../lib/curves";
import { position, type Scale } from "../lib/scale";

interface Props {
  steps: readonly number[];
  /** NaN where there is none. */
  values: readonly number[];
  scale: Scale;
  /** Steps to mark: with a dot, and with a line across. */
  at: number | null;
  since: number | null;
  kind: "a" | "b";
}

/** Room for the line's own width at the edges, in hundredths. */
const EDGE = 8;

export function Sparkline({ steps, values, scale, at, since, kind }: Props) {
  const span = steps[steps.length - 1] - steps[0];
  const x = (step: number) => EDGE + (100 - 2 * EDGE) * (span > 0 ? (step - steps[0]) / span : 0.5);
  const y = (value: number) => EDGE + (100 - 2 * EDGE) * (1 - position(scale, value));
  const now = at === null ? NaN : (values[steps.indexOf(at)] ?? NaN);
  return (
    <svg class={`sparkline ${kind}`} viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
      {since !== null && <path class="since" d={`M${x(since).toFixed(1)} 0V100`} />}
      <path class="line" d={linePath(steps, values, x, y)} />
      {at !== null && !Number.isNaN(now) && <path class="now" d={`M${x(at).toFixed(1)} ${y(now).toFixed(1)}h0`} />}
    </svg>
  );
}
