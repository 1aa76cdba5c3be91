/** One layer of a matrix of heads. Of a thousand cells a click changes a few: rows that stay are not made anew. */

import { Component, type ComponentChildren } from "preact";
import { colourAt, css, inkOn, type ColourTable } from "../lib/colour";
import { nameOf } from "../lib/heads";
import { position, type Scale } from "../lib/scale";
import type { Head } from "../lib/selection";

/** What else there is to a cell; all of it is spoken or, as `quiet`, says less than the rest. */
export interface CellLook {
  /** After the value, in the tip and for screen readers. */
  detail?: string;
  /** With a corner. */
  marked?: boolean;
  /** In the background, or nearly gone. */
  quiet?: "quiet" | "hidden";
  picked?: boolean;
  /** Instead of the colour. */
  chart?: ComponentChildren;
  /** Defined, but nothing to be coloured. */
  blank?: boolean;
}

interface Props {
  layer: number;
  /** Index of the layer. */
  line: number;
  /** As it stands before the row. */
  label: string;
  columns: readonly Head[];
  /** One per column. */
  values: readonly number[];
  looks: readonly CellLook[];
  scale: Scale;
  table: ColourTable;
  numbered: boolean;
  /** Columns, or -1. */
  selected: number;
  focused: number;
  format(value: number): string;
  onLayer?(layer: number): void;
}

export class HeadRow extends Component<Props> {
  shouldComponentUpdate(next: Props): boolean {
    const now = this.props;
    const same = SIMPLE.every((name) => now[name] === next[name]);
    const sameScale = SCALE.every((name) => now.scale[name] === next.scale[name]);
    const sameCells = alike(now.columns, next.columns) && alike(now.values, next.values);
    return !(same && sameScale && sameCells && now.looks.every((look, column) => alikeLook(look, next.looks[column])));
  }

  render({ layer, line, label, columns, values, looks, scale, table, numbered, selected, focused, format }: Props) {
    const heads = columns.filter((head) => head !== "mean").length;
    return (
      <div class="matrix-row" role="row">
        <span class="matrix-layer" role="rowheader" data-value={layer}>
          <Label
            text={label}
            title={`All heads of layer ${layer}`}
            onClick={this.props.onLayer && (() => this.props.onLayer!(layer))}
          />
        </span>
        {columns.map((head, column) => {
          const [value, its] = [values[column], looks[column]];
          const undefinedValue = Number.isNaN(value) && !its.chart && !its.blank;
          const coloured = !undefinedValue && !its.chart && !its.blank;
          const colour = colourAt(table, coloured ? position(scale, value) : 0);
          return (
            <span
              key={head}
              role="gridcell"
              class={`cell ${undefinedValue ? "hatched" : ""} ${head === "mean" ? "cell-mean" : ""} ${its.chart || its.blank ? "plain" : ""}`}
              aria-label={`layer ${layer}, ${nameOf(head, heads)}: ${format(value)}${detailOf(its)}`}
              aria-selected={column === selected}
              tabIndex={column === focused ? 0 : -1}
              data-cell={`${line} ${column}`}
              data-marked={its.marked}
              data-quiet={its.quiet}
              data-picked={its.picked}
              style={coloured ? { backgroundColor: css(colour), color: numbered || its.marked ? inkOn(colour) : undefined } : undefined}
              data-value={value}
            >
              {its.chart ?? (numbered && coloured ? format(value) : "")}
            </span>
          );
        })}
      </div>
    );
  }
}

const SIMPLE = ["layer", "line", "label", "table", "numbered", "selected", "focused", "format"] as const;
const SCALE = ["low", "high", "diverging", "scaling", "floor", "sizes"] as const;
const LOOK = ["detail", "marked", "quiet", "picked", "chart", "blank"] as const;

function alike<T>(one: readonly T[], other: readonly T[]): boolean {
  return one.length === other.length && one.every((value, index) => Object.is(value, other[index]));
}

function alikeLook(one: CellLook, other: CellLook): boolean {
  return LOOK.every((name) => one[name] === other[name]);
}

/** A number beside the cells: a button where it can be chosen. */
export function Label({ text, title, onClick }: { text: string; title: string; onClick?(): void }) {
  if (!onClick) return <>{text}</>;
  return (
    <button type="button" class="matrix-label" tabIndex={-1} title={title} aria-label={title} onClick={onClick}>
      {text}
    </button>
  );
}

export function detailOf({ detail, marked, picked }: CellLook): string {
  const parts = [detail, marked && "beyond chance", picked && "picked"].filter(Boolean);
  return parts.length > 0 ? `, ${parts.join(", ")}` : "";
}
