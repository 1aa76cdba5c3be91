import { chooseTokens } from "../../../actions";
import { DataTable, type Column } from "../../../elements/DataTable";
import { hideTip, showTip } from "../../../elements/Tooltip";
import { colourAt, css, inkOn } from "../../../lib/colour";
import { formatLabel, formatToken, formatTokenAt } from "../../../lib/format";
import { bestAt } from "../../../lib/logit_lens";
import { position } from "../../../lib/scale";
import { select, visibleSides } from "../../../state";
import { Readings, spokenReading } from "./Readings";
import { lensTable, type LensShown, type LensSide } from "./shown";

interface Props {
  shown: LensShown;
  side: LensSide;
  /** Places among the positions, one a row. */
  places: readonly number[];
}

const ROW_HEIGHT = 1.9;

/** A row per token, a column per layer: the most probable word, coloured. */
export function LensTable({ shown, side, places }: Props) {
  const { lens, sequence } = side;
  const row = places.indexOf(shown.place);
  const choose = (place: number, layer: number) => {
    chooseTokens(lens.sequence, [lens.positions[place]]);
    select({ depth: lens.layers[layer] });
  };
  const walk = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const within = (index: number, count: number) => Math.min(count - 1, Math.max(0, index));
    choose(places[within(row + step[0], places.length)], within(shown.layer + step[1], lens.layers.length));
  };
  const columns: Column<number>[] = [
    {
      id: "token",
      title: "token",
      width: "minmax(6.5rem, 10rem)",
      cell: (place) => <span class={`lens-token ${sequence.modality[lens.positions[place]]}`}>{named(side, place)}</span>,
    },
    ...lens.layers.map((number, layer): Column<number> => ({
      id: `layer-${number}`,
      title: <b data-chosen={layer === shown.layer}>{number}</b>,
      description: number === 0 ? "Embeddings" : `Layer ${number}`,
      width: "minmax(4.2rem, 1fr)",
      cell: (place) => (
        <Cell
          shown={shown}
          side={side}
          layer={layer}
          place={place}
          onChoose={() => select({ depth: number })}
        />
      ),
    })),
  ];
  return (
    <div
      class="lens-table"
      style={{ "--layers": lens.layers.length, "--rows": places.length }}
      onKeyDown={walk}
      onMouseLeave={hideTip}
    >
      <DataTable
        label={formatLabel("Words that the output head reads, by token and layer", visibleSides.value.length > 1 && side.side.toUpperCase())}
        testId={`lens-table-${side.side}`}
        rows={places}
        columns={columns}
        rowHeight={ROW_HEIGHT}
        keyOf={(place) => String(lens.positions[place])}
        chosen={row}
        sort={null}
        onSort={() => undefined}
        onChoose={(place) => chooseTokens(lens.sequence, [lens.positions[place]])}
        onOpen={() => undefined}
      />
      <span class="only-spoken" aria-live="polite">
        {row >= 0 && spokenReading(side, shown.layer, shown.place)}
      </span>
    </div>
  );
}

const STEPS: Record<string, readonly [number, number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

interface CellProps {
  shown: LensShown;
  side: LensSide;
  layer: number;
  place: number;
  onChoose(): void;
}

function Cell({ shown, side, layer, place, onChoose }: CellProps) {
  const { lens, before, values } = side;
  const best = bestAt(lens, layer, place);
  const value = values[layer * lens.positions.length + place];
  // The depth is told from that layer on.
  const plain = shown.colour === "depth" && !shown.scale.diverging && lens.layers[layer] < value;
  const colour = plain || Number.isNaN(value) ? null : colourAt(lensTable(shown, "words"), position(shown.scale, value));
  const changed = before !== null && bestAt(before, layer, place).text !== best.text;
  return (
    <span
      class={`lens-cell ${Number.isNaN(value) ? "hatched" : ""}`}
      data-answer={lens.answer?.text === best.text}
      data-changed={changed}
      data-chosen={layer === shown.layer && place === shown.place}
      style={colour ? { background: css(colour), color: inkOn(colour) } : undefined}
      onMouseMove={(event) => showTip(event, <Readings side={side} layer={layer} place={place} />)}
      onClick={onChoose}
    >
      {formatToken(best.text)}
    </span>
  );
}

function named({ lens, sequence }: LensSide, place: number): string {
  return formatTokenAt(sequence, lens.positions[place]);
}
