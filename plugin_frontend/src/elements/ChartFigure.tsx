/** A chart with what it shows above it and what runs along its axis below. */

import { createContext, type ComponentChildren } from "preact";

/** What runs along the axis of the chart within. */
export const ChartAxis = createContext("step");

interface Props {
  title: ComponentChildren;
  /** In full where there is room only for a part of it. */
  note?: string;
  axis?: string;
  children: ComponentChildren;
}

export function ChartFigure({ title, note, axis, children }: Props) {
  return (
    <figure class="chart-figure">
      <figcaption>
        <b>{title}</b>
        {note && (
          <span class="muted" title={note}>
            {note}
          </span>
        )}
      </figcaption>
      {axis ? <ChartAxis.Provider value={axis}>{children}</ChartAxis.Provider> : children}
      {axis && <p class="chart-axis muted">{axis}</p>}
    </figure>
  );
}
