/** A number per layer and head as a grid of coloured cells, and the layer's mean beside it. */

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ColourTable } from "../lib/colour";
import { nameOf } from "../lib/heads";
import { position, type Scale } from "../lib/scale";
import type { Head } from "../lib/selection";
import { OPEN } from "../painters/head_cells";
import { HeadColours } from "./HeadColours";
import { detailOf, HeadRow, Label, type CellLook } from "./HeadRow";
import { latestInFrame } from "./latest_in_frame";
import { useRows } from "./table_rows";
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
  /** The pointer came to a cell, or left them. */
  onHover?(at: { layer: number; head: Head } | null): void;
  /** With Ctrl, Cmd or (`through`: all from the selected head on) Shift held. */
  onPick?(layer: number, head: number, through: boolean): void;
  /** Take all heads of a layer, or a head of all layers: the labels are buttons then. */
  onLayer?(layer: number): void;
  onColumn?(head: Head): void;
}

const NUMBERS_UP_TO = 8;
/** Of a larger matrix only the cells that differ from their colour are elements: to make a thousand takes too long. */
const ELEMENTS_UP_TO = 256;
const OPACITIES = { quiet: 0.62, hidden: 0.16 };

export function HeadMatrix(props: Props) {
  const { layers, heads, values, layerMean, selected, format, onChoose } = props;
  const columns: Head[] = [...Array(heads).keys(), ...(props.withoutMean ? [] : ["mean" as const])];
  const look = (line: number, head: Head) => props.look?.(line, head) ?? PLAIN;
  const row = selected ? layers.indexOf(selected.layer) : -1;
  const focus = { row: Math.max(0, row), column: row < 0 ? 0 : Math.max(0, columns.indexOf(selected!.head)) };
  const numbered = !props.compact && heads <= NUMBERS_UP_TO && layers.length <= 3 * NUMBERS_UP_TO;
  const valueAt = (line: number, head: Head) =>
    head === "mean" ? layerMean[line] : values[line * heads + head];

  // Of a thousand cells each: who points and chooses changes none of them.
  const { looks, rows, shades, opacities } = useMemo(() => {
    const looks = layers.map((_, line) => columns.map((head) => look(line, head)));
    const rows = layers.map((_, line) => columns.map((head) => valueAt(line, head)));
    const shades = Float32Array.from(rows.flat(), (value, cell) => {
      const { chart, blank } = looks[Math.floor(cell / columns.length)][cell % columns.length];
      return chart || blank ? OPEN : position(props.scale, value);
    });
    const opacities = Float32Array.from(looks.flat(), ({ quiet }) => (quiet ? OPACITIES[quiet] : 1));
    return { looks, rows, shades, opacities };
  }, [layers, heads, values, layerMean, props.withoutMean, props.look, props.scale]);

  const every = rows.length * columns.length <= ELEMENTS_UP_TO;

  const matrix = useRef<HTMLDivElement>(null);
  const [hovered, setHovered] = useState<readonly [line: number, column: number] | null>(null);
  const walked = useRef(false);
  const describe = (line: number, head: Head) => (
    <>
      <b>{format(valueAt(line, head))}</b>
      {detailOf(looks[line][columns.indexOf(head)])} <span class="muted">layer {layers[line]}, {nameOf(head, heads)}</span>
    </>
  );
  const hovering = useMemo(latestInFrame, []);
  const under = useRef<readonly [line: number, column: number] | null>(null);
  const leave = () => {
    hovering.drop();
    under.current = null;
    setHovered(null);
    props.onHover?.(null);
    hideTip();
  };
  const hover = (event: MouseEvent) => {
    const found = placeOf(event);
    if (!found) return leave();
    const [line, column] = found;
    if (under.current?.[0] !== line || under.current[1] !== column) {
      under.current = found;
      if (!every) hovering.ask(() => setHovered(found));
      props.onHover?.({ layer: layers[line], head: columns[column] });
    }
    showTip(event, describe(line, columns[column]));
  };
  const choose = (event: MouseEvent) => {
    const found = placeOf(event);
    if (!found) return;
    const [layer, head] = [layers[found[0]], columns[found[1]]];
    const adding = event.shiftKey || event.ctrlKey || event.metaKey;
    if (adding && props.onPick && head !== "mean") props.onPick(layer, head, event.shiftKey);
    else onChoose(layer, head);
  };
  const move = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const line = Math.min(layers.length - 1, Math.max(0, focus.row + step[0]));
    const column = Math.min(columns.length - 1, Math.max(0, focus.column + step[1]));
    walked.current = line !== focus.row || column !== focus.column;
    onChoose(layers[line], columns[column]);
  };
  useLayoutEffect(() => {
    if (!walked.current) return;
    walked.current = false;
    const cell = matrix.current!.querySelector<HTMLElement>('[role="gridcell"][tabindex="0"]');
    cell?.focus();
    if (cell) showTipAt(cell, describe(focus.row, columns[focus.column]));
  }, [focus.row, focus.column]);
  useRows(matrix, () => [
    ["layer", ...columns.map((head) => (head === "mean" ? head : `head ${head}`))],
    ...rows.map((row, line) => [layers[line], ...row].map((value) => (Number.isNaN(value) ? "" : String(value)))),
  ]);

  return (
    <div
      ref={matrix}
      class={`matrix ${props.compact ? "compact" : ""} ${numbered ? "numbered" : ""}`}
      role="grid"
      aria-label={props.label}
      aria-rowcount={layers.length}
      aria-colcount={columns.length}
      aria-multiselectable={props.onPick !== undefined}
      style={{ "--heads": heads, "--layers": layers.length }}
      onKeyDown={move}
      onClick={choose}
      onMouseMove={hover}
      onMouseLeave={leave}
      onFocusOut={hideTip}
    >
      <HeadColours layers={layers.length} columns={columns.length} shades={shades} opacities={opacities} table={props.table} />
      <div class="matrix-row matrix-heads" aria-hidden={props.onColumn ? undefined : "true"}>
        <span />
        {columns.map((head) => (
          <span key={head} class="matrix-head">
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
          values={rows[line]}
          looks={looks[line]}
          scale={props.scale}
          table={props.table}
          numbered={numbered}
          every={every}
          hovered={hovered?.[0] === line ? hovered[1] : -1}
          selected={selected?.layer === layer ? columns.indexOf(selected.head) : -1}
          focused={line === focus.row ? focus.column : -1}
          format={format}
          onLayer={props.onLayer}
        />
      ))}
    </div>
  );
}

const PLAIN: CellLook = {};

/** Index of the layer and of the column under the pointer, whether or not a cell is an element. */
function placeOf(event: MouseEvent): readonly [number, number] | null {
  const row = (event.target as Element).closest<HTMLElement>("[data-line]");
  if (!row) return null;
  const cell = (event.target as Element).closest('[role="gridcell"]');
  if (cell) return [Number(row.dataset.line), Number(cell.getAttribute("aria-colindex")) - 1];
  const names = [...row.closest(".matrix")!.querySelectorAll(".matrix-head")];
  const column = names.findIndex((name) => event.clientX <= name.getBoundingClientRect().right);
  const inside = column >= 0 && event.clientX >= names[0].getBoundingClientRect().left;
  return inside ? [Number(row.dataset.line), column] : null;
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
