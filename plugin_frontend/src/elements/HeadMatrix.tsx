/** A number per layer and head as a grid of coloured cells, and the layer's mean beside it. */

import { colourAt, css, inkOn, type ColourTable } from "../lib/colour";
import { position, type Scale } from "../lib/scale";
import type { Head } from "../lib/selection";
import { hideTip, showTip, showTipAt } from "./Tooltip";

export interface HeadValues {
  layers: readonly number[];
  heads: number;
  /** layers x heads, row by row. */
  values: Float32Array;
  layerMean: Float32Array;
}

interface Props extends HeadValues {
  label: string;
  scale: Scale;
  table: ColourTable;
  selected: { layer: number; head: Head } | null;
  /** Small cells without numbers. */
  compact?: boolean;
  format(value: number): string;
  onChoose(layer: number, head: Head): void;
}

const NUMBERS_UP_TO = 8;

export function HeadMatrix(props: Props) {
  const { layers, heads, values, layerMean, selected, format, onChoose } = props;
  const columns: Head[] = [...Array(heads).keys(), "mean"];
  const row = selected ? layers.indexOf(selected.layer) : -1;
  const focus = { row: Math.max(0, row), column: row < 0 ? 0 : columns.indexOf(selected!.head) };
  const numbered = !props.compact && heads <= NUMBERS_UP_TO && layers.length <= 3 * NUMBERS_UP_TO;
  const valueAt = (line: number, head: Head) =>
    head === "mean" ? layerMean[line] : values[line * heads + head];

  const cellOf = (event: Event) => {
    const cell = (event.target as Element).closest<HTMLElement>("[data-cell]");
    if (!cell) return null;
    const [line, column] = cell.dataset.cell!.split(" ").map(Number);
    return { cell, line, layer: layers[line], head: columns[column] };
  };
  const describe = (line: number, head: Head) => (
    <>
      <b>{format(valueAt(line, head))}</b> layer {layers[line]}, {nameOf(head, heads)}
    </>
  );
  const move = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const line = Math.min(layers.length - 1, Math.max(0, focus.row + step[0]));
    const column = Math.min(heads, Math.max(0, focus.column + step[1]));
    const grid = event.currentTarget as HTMLElement;
    onChoose(layers[line], columns[column]);
    const cell = grid.querySelector<HTMLElement>(`[data-cell="${line} ${column}"]`);
    cell?.focus();
    if (cell) showTipAt(cell, describe(line, columns[column]));
  };

  return (
    <div
      class={`matrix ${props.compact ? "compact" : ""} ${numbered ? "numbered" : ""}`}
      role="grid"
      aria-label={props.label}
      aria-rowcount={layers.length}
      aria-colcount={heads + 1}
      style={{ "--heads": heads, "--layers": layers.length }}
      onKeyDown={move}
      onClick={(event) => {
        const found = cellOf(event);
        if (found) onChoose(found.layer, found.head);
      }}
      onMouseMove={(event) => {
        const found = cellOf(event);
        if (found) showTip(event, describe(found.line, found.head));
        else hideTip();
      }}
      onMouseLeave={hideTip}
      onFocusOut={hideTip}
    >
      <div class="matrix-row matrix-heads" aria-hidden="true" data-row="names">
        <span data-value="layer" />
        {columns.map((head) => (
          <span key={head} data-value={head === "mean" ? head : `head ${head}`}>{head === "mean" ? "mean" : showsLabel(head, heads, props.compact) ? head : ""}</span>
        ))}
      </div>
      {layers.map((layer, line) => (
        <div class="matrix-row" role="row" key={layer}>
          <span class="matrix-layer" role="rowheader" data-value={layer}>
            {layers.length <= (props.compact ? 14 : 24) || line % 4 === 0 ? layer : ""}
          </span>
          {columns.map((head, column) => {
            const value = valueAt(line, head);
            const chosen = selected?.layer === layer && selected.head === head;
            const undefinedValue = Number.isNaN(value);
            const colour = colourAt(props.table, undefinedValue ? 0 : position(props.scale, value));
            return (
              <span
                key={head}
                role="gridcell"
                class={`cell ${undefinedValue ? "hatched" : ""} ${head === "mean" ? "cell-mean" : ""}`}
                aria-label={`layer ${layer}, ${nameOf(head, heads)}: ${format(value)}`}
                aria-selected={chosen}
                tabIndex={line === focus.row && column === focus.column ? 0 : -1}
                data-cell={`${line} ${column}`}
                data-value={value}
                style={undefinedValue ? undefined : { background: css(colour), color: inkOn(colour) }}
              >
                {numbered && !undefinedValue ? format(value) : ""}
              </span>
            );
          })}
        </div>
      ))}
    </div>
  );
}

const STEPS: Record<string, [number, number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

export function nameOf(head: Head, heads: number): string {
  return head === "mean" ? `mean of ${heads} heads` : `head ${head}`;
}

function showsLabel(head: number, heads: number, compact = false): boolean {
  return heads <= (compact ? 8 : 16) || head % (heads <= 40 ? 4 : 8) === 0;
}
