/** One layer of a matrix of heads. Of many cells a click changes a few: rows that stay are not made anew. */

import { Component, type ComponentChildren } from "preact";
import { colourAt, inkOn, type ColourTable } from "../lib/colour";
import { nameOf } from "../lib/heads";
import { position, type Scale } from "../lib/scale";
import { sameValues } from "../lib/same_values";
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
  /** Whether every cell is an element, also one that is nothing but its colour. */
  every: boolean;
  /** Columns, or -1. */
  selected: number;
  focused: number;
  hovered: number;
  format(value: number): string;
  onLayer?(layer: number): void;
}

export class HeadRow extends Component<Props> {
  shouldComponentUpdate(next: Props): boolean {
    const now = this.props;
    const same = SIMPLE.every((name) => now[name] === next[name]);
    const sameScale = SCALE.every((name) => now.scale[name] === next.scale[name]);
    const sameCells = sameValues(now.columns, next.columns) && sameValues(now.values, next.values);
    const alike = now.looks === next.looks || now.looks.every((look, column) => alikeLook(look, next.looks[column]));
    return !(same && sameScale && sameCells && alike);
  }

  render(props: Props) {
    const { layer, line, label, columns, values, looks, scale, table, numbered, every, selected, focused, format } = props;
    const heads = columns.filter((head) => head !== "mean").length;
    return (
      <div class="matrix-row" role="row" aria-rowindex={line + 1} data-line={line}>
        <span class="matrix-layer" role="rowheader">
          <Label
            text={label}
            title={`All heads of layer ${layer}`}
            onClick={props.onLayer && (() => props.onLayer!(layer))}
          />
        </span>
        {columns.map((head, column) => {
          const [value, its] = [values[column], looks[column]];
          if (!every && column !== focused && column !== props.hovered && !isMore(its)) return null;
          const open = Boolean(its.chart || its.blank);
          const coloured = !open && !Number.isNaN(value);
          const inked = coloured && (numbered || its.marked);
          return (
            <span
              key={head}
              role="gridcell"
              class={`cell ${head === "mean" ? "cell-mean" : ""} ${open ? "plain" : ""}`}
              aria-label={`layer ${layer}, ${nameOf(head, heads)}: ${format(value)}${detailOf(its)}`}
              aria-selected={column === selected}
              tabIndex={column === focused ? 0 : -1}
              aria-colindex={column + 1}
              data-marked={its.marked}
              data-quiet={its.quiet}
              data-picked={its.picked}
              style={{
                gridColumn: every ? undefined : column + 2,
                color: inked ? inkOn(colourAt(table, position(scale, value))) : undefined,
              }}
            >
              {its.chart ?? (numbered && coloured ? format(value) : "")}
            </span>
          );
        })}
      </div>
    );
  }
}

const SIMPLE = ["layer", "line", "label", "table", "numbered", "every", "selected", "focused", "hovered", "format"] as const;
const SCALE = ["low", "high", "diverging", "scaling", "floor", "sizes"] as const;
const LOOK = ["detail", "marked", "quiet", "picked", "chart", "blank"] as const;

/** Whether a cell is more than its colour. */
function isMore({ marked, picked, chart, blank }: CellLook): boolean {
  return Boolean(marked || picked || chart || blank);
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
