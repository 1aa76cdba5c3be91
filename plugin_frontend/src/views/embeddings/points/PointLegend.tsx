/** What the colours of points mean, how many points have each, and a filter: a click hides, a double click isolates. */

import { examplesOf } from "../../../catalogue";
import { Legend } from "../../../elements/Legend";
import { Select } from "../../../elements/Select";
import { coloursShown } from "../../../embedding_points";
import { css, type ColourTable, type Rgb } from "../../../lib/colour";
import { formatCount } from "../../../lib/format";
import { colourings, type Category } from "../../../lib/point_colours";
import { onlyKey, toggledKey } from "../../../lib/point_states";
import { MODALITIES } from "../../../lib/points";
import { select, selection } from "../../../state";

export function PointLegend() {
  const { colourBy, legendOff } = selection.value;
  const colours = coloursShown.value;
  const offered = colourings(examplesOf.a.value.value?.examples ?? []);
  const title = offered.find(({ value }) => value === colourBy)?.label ?? colourBy;
  const keys = colours?.categories.map(({ key }) => key) ?? [];
  return (
    <section class="point-legend" data-testid="point-legend">
      <Select
        label="Colour"
        labelled
        options={offered}
        value={colourBy}
        onChoose={(value) => select({ colourBy: value, legendOff: [] })}
      />
      {colours?.scale && (
        <Legend
          scale={{ ...colours.scale, diverging: false }}
          table={tableOf(colours.palette)}
          title={title}
          unit=""
          narrow
        />
      )}
      <ul aria-label={`Points by ${title}`}>
        {colours?.categories.map((category) => (
          <Entry
            key={category.key}
            category={category}
            on={!legendOff.includes(category.key)}
            onToggle={() => select({ legendOff: toggledKey(legendOff, category.key) })}
            onOnly={() => select({ legendOff: onlyKey(selection.peek().legendOff, category.key, keys) })}
          />
        ))}
      </ul>
    </section>
  );
}

/** The scale's colours; the last of the palette stands for what is not known. */
function tableOf(palette: readonly Rgb[]): ColourTable {
  return Uint8Array.from([...palette.slice(0, -1), palette[palette.length - 2]].flat());
}

interface EntryProps {
  category: Category;
  on: boolean;
  onToggle(): void;
  onOnly(): void;
}

function Entry({ category: { key, label, count, colour }, on, onToggle, onOnly }: EntryProps) {
  const shaped = MODALITIES.some((name) => name === key);
  return (
    <li>
      <button
        type="button"
        class="legend-entry"
        aria-pressed={on}
        data-value={key}
        title={`${label}: ${formatCount(count)} points.\nClick to hide or show, double click (or Alt-click) for these alone.`}
        onClick={(event) => (event.altKey ? onOnly() : onToggle())}
        onDblClick={onOnly}
      >
        <i class={`dot ${shaped ? key : ""}`} style={{ background: css(colour) }} />
        <span>{label}</span>
        <span class="muted">{formatCount(count)}</span>
      </button>
    </li>
  );
}
