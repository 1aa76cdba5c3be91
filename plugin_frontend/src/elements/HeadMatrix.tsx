/** A number per layer and head as a grid of coloured cells, and the layer's mean beside it. */

import type { ColourTable } from "../lib/colour";
import { nameOf } from "../lib/heads";
import type { Scale } from "../lib/scale";
import type { Head } from "../lib/selection";
import { detailOf, HeadRow, Label, type CellLook } from "./HeadRow";
import { hideTip, showTip, showTipAt } from "./Tooltip";

export interface HeadValues {
  layers: readonly number[];
  heads: number;
  /** layers x heads, row by row. */
  values: Float32Array;
  layerMean: Float32Array;
  /** layers x heads: bounds of the values' intervals, over how many samples, 1 where beyond chance. */
  low?: Float32Array;
  high?: Float32Array;
  samples?: Int32Array;
  beyondChance?: Uint8Array;
}

interface Props extends HeadValues {
  label: string;
  scale: Scale;
  table: ColourTable;
  selected: { layer: number; head: Head } | null;
  /** Small cells without numbers. */
  compact?: boolean;
  withoutMean?: boolean;
  /** By index of the layer. */
  look?(line: number, head: Head): CellLook;
  format(value: number): string;
  onChoose(layer: number, head: Head): void;
  /** With Ctrl, Cmd or (`through`: all from the selected head on) Shift held. */
  onPick?(layer: number, head: number, through: boolean): void;
  /** Take all heads of a layer, or a head of all layers: the labels are buttons then. */
  onLayer?(layer: number): void;
  onColumn?(head: Head): void;
}

const NUMBERS_UP_TO = 8;

export function HeadMatrix(props: Props) {
  const { layers, heads, values, layerMean, selected, format, onChoose } = props;
  const columns: Head[] = [...Array(heads).keys(), ...(props.withoutMean ? [] : ["mean" as const])];
  const look = (line: number, head: Head) => props.look?.(line, head) ?? {};
  const row = selected ? layers.indexOf(selected.layer) : -1;
  const focus = { row: Math.max(0, row), column: row < 0 ? 0 : Math.max(0, columns.indexOf(selected!.head)) };
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
      <b>{format(valueAt(line, head))}</b>
      {detailOf(look(line, head))} <span class="muted">layer {layers[line]}, {nameOf(head, heads)}</span>
    </>
  );
  const move = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const line = Math.min(layers.length - 1, Math.max(0, focus.row + step[0]));
    const column = Math.min(columns.length - 1, Math.max(0, focus.column + step[1]));
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
      aria-colcount={columns.length}
      aria-multiselectable={props.onPick !== undefined}
      style={{ "--heads": heads, "--layers": layers.length }}
      onKeyDown={move}
      onClick={(event) => {
        const found = cellOf(event);
        if (!found) return;
        const adding = event.shiftKey || event.ctrlKey || event.metaKey;
        if (adding && props.onPick && found.head !== "mean") props.onPick(found.layer, found.head, event.shiftKey);
        else onChoose(found.layer, found.head);
      }}
      onMouseMove={(event) => {
        const found = cellOf(event);
        if (found) showTip(event, describe(found.line, found.head));
        else hideTip();
      }}
      onMouseLeave={hideTip}
      onFocusOut={hideTip}
    >
      <div class="matrix-row matrix-heads" aria-hidden={props.onColumn ? undefined : "true"} data-row="names">
        <span data-value="layer" />
        {columns.map((head) => (
          <span key={head} data-value={head === "mean" ? head : `head ${head}`}>
            <Label
              text={head === "mean" ? "mean" : showsLabel(head, heads, props.compact) ? String(head) : ""}
              title={`${nameOf(head, heads)} in all layers`}
              onClick={props.onColumn && (() => props.onColumn!(head))}
            />
          </span>
        ))}
      </div>
      {layers.map((layer, line) => (
        <HeadRow
          key={layer}
          layer={layer}
          line={line}
          label={layers.length <= (props.compact ? 14 : 24) || line % 4 === 0 ? String(layer) : ""}
          columns={columns}
          values={columns.map((head) => valueAt(line, head))}
          looks={columns.map((head) => look(line, head))}
          scale={props.scale}
          table={props.table}
          numbered={numbered}
          selected={selected?.layer === layer ? columns.indexOf(selected.head) : -1}
          focused={line === focus.row ? focus.column : -1}
          format={format}
          onLayer={props.onLayer}
        />
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

function showsLabel(head: number, heads: number, compact = false): boolean {
  return heads <= (compact ? 8 : 16) || head % (heads <= 40 ? 4 : 8) === 0;
}
