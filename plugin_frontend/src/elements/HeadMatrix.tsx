/** A number per layer and head as a grid of coloured cells, and the layer's mean beside it. */

import type { ComponentChildren } from "preact";
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
  /** layers x heads: bounds of the values' intervals, over how many samples, 1 where beyond chance. */
  low?: Float32Array;
  high?: Float32Array;
  samples?: Int32Array;
  beyondChance?: Uint8Array;
}

/** What else there is to a cell; all of it is spoken or, as `quiet`, says less than the rest. */
export interface CellLook {
  /** After the value, in the tip and for screen readers. */
  detail?: string;
  /** With a corner. */
  marked?: boolean;
  /** In the background. */
  quiet?: boolean;
  picked?: boolean;
  /** Instead of the colour. */
  chart?: ComponentChildren;
  /** Defined, but nothing to be coloured. */
  blank?: boolean;
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
      <div class="matrix-row matrix-heads" aria-hidden={props.onColumn ? undefined : "true"}>
        <span />
        {columns.map((head) => (
          <span key={head}>
            <Label
              text={head === "mean" ? "mean" : showsLabel(head, heads, props.compact) ? String(head) : ""}
              title={`${nameOf(head, heads)} in all layers`}
              onClick={props.onColumn && (() => props.onColumn!(head))}
            />
          </span>
        ))}
      </div>
      {layers.map((layer, line) => (
        <div class="matrix-row" role="row" key={layer}>
          <span class="matrix-layer" role="rowheader">
            <Label
              text={layers.length <= (props.compact ? 14 : 24) || line % 4 === 0 ? String(layer) : ""}
              title={`All heads of layer ${layer}`}
              onClick={props.onLayer && (() => props.onLayer!(layer))}
            />
          </span>
          {columns.map((head, column) => {
            const value = valueAt(line, head);
            const its = look(line, head);
            const chosen = selected?.layer === layer && selected.head === head;
            const undefinedValue = Number.isNaN(value) && !its.chart && !its.blank;
            const coloured = !undefinedValue && !its.chart && !its.blank;
            const colour = colourAt(props.table, coloured ? position(props.scale, value) : 0);
            return (
              <span
                key={head}
                role="gridcell"
                class={`cell ${undefinedValue ? "hatched" : ""} ${head === "mean" ? "cell-mean" : ""} ${its.chart || its.blank ? "plain" : ""}`}
                aria-label={`layer ${layer}, ${nameOf(head, heads)}: ${format(value)}${detailOf(its)}`}
                aria-selected={chosen}
                tabIndex={line === focus.row && column === focus.column ? 0 : -1}
                data-cell={`${line} ${column}`}
                data-marked={its.marked}
                data-quiet={its.quiet}
                data-picked={its.picked}
                style={coloured ? { background: css(colour), color: inkOn(colour) } : undefined}
              >
                {its.chart ?? (numbered && coloured ? format(value) : "")}
              </span>
            );
          })}
        </div>
      ))}
    </div>
  );
}

/** A number beside the cells: a button where it can be chosen. */
function Label({ text, title, onClick }: { text: string; title: string; onClick?(): void }) {
  if (!onClick) return <>{text}</>;
  return (
    <button type="button" class="matrix-label" tabIndex={-1} title={title} aria-label={title} onClick={onClick}>
      {text}
    </button>
  );
}

function detailOf({ detail, marked, picked }: CellLook): string {
  const parts = [detail, marked && "beyond chance", picked && "picked"].filter(Boolean);
  return parts.length > 0 ? `, ${parts.join(", ")}` : "";
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
