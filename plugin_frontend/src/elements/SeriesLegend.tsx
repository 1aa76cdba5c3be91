/** Whose line is whose. */

import type { Series } from "../lib/series";

interface Entry {
  name: string;
  series: Series;
  title?: string;
}

export function SeriesLegend({ entries }: { entries: readonly Entry[] }) {
  return (
    <ul class="series-legend" data-testid="series-legend">
      {entries.map(({ name, series, title }) => (
        <li key={name} title={title}>
          <SeriesMark series={series} /> {name}
        </li>
      ))}
    </ul>
  );
}

/** A short piece of the line. */
export function SeriesMark({ series }: { series: Series }) {
  return (
    <svg class="series-mark" viewBox="0 0 18 6" aria-hidden="true">
      <path d="M0 3H18" style={{ stroke: series.colour }} stroke-dasharray={series.dash ?? undefined} />
    </svg>
  );
}
