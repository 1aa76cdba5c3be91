/** A large matrix as a picture: bars of groups beside it, one cell reached by keyboard at a time. */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Segment } from "../lib/segments";
import { paintCells, type Cells } from "../painters/cells";
import { hideTip, showTip, showTipAt } from "./Tooltip";

export interface Bar {
  segments: readonly Segment[];
  /** A CSS colour of each group; none: only their bounds are drawn. */
  colourOf?(value: number): string;
}

interface Props extends Cells {
  label: string;
  /** Above the columns and beside the rows, the first outermost. */
  columnBars: readonly Bar[];
  rowBars: readonly Bar[];
  /** The row and the column that stand out; -1 for none. */
  row: number;
  column: number;
  describe(row: number, column: number): ComponentChildren;
  /** As it is spoken. */
  speak(row: number, column: number): string;
  onChoose(row: number, column: number): void;
}

const STEPS: Record<string, [number, number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** A group's number is written into its bar where that is at least this share of the side. */
const NUMBERED_FROM = 0.03;

export function CellMatrix(props: Props) {
  const { rows, columns, values, scale, table, row, column } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const grid = useRef<HTMLDivElement>(null);
  const focus = useRef<HTMLButtonElement>(null);
  const [walked, setWalked] = useState<readonly [number, number] | null>(null);
  useLayoutEffect(() => {
    if (canvas.current) paintCells(canvas.current, { rows, columns, values, scale, table });
  }, [rows, columns, values, scale.low, scale.high, table]);

  useEffect(() => setWalked(null), [row, column, rows, columns]);

  const inside = (place: number, count: number) => Math.min(count - 1, Math.max(0, place));
  const [focusRow, focusColumn] = walked ?? [row, column];
  const [atRow, atColumn] = [inside(focusRow, rows), inside(focusColumn, columns)];
  const cellAt = (event: MouseEvent): [number, number] => {
    const { left, top, width, height } = grid.current!.getBoundingClientRect();
    return [
      inside(Math.floor((rows * (event.clientY - top)) / height), rows),
      inside(Math.floor((columns * (event.clientX - left)) / width), columns),
    ];
  };
  const choose = (cell: readonly [number, number]) => {
    setWalked(cell);
    props.onChoose(...cell);
  };
  const walk = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = STEPS[event.key];
    if (step) {
      const next = [inside(atRow + step[0], rows), inside(atColumn + step[1], columns)] as const;
      setWalked(next);
      requestAnimationFrame(() => focus.current && showTipAt(focus.current, props.describe(...next)));
    } else if (event.key === "Enter" || event.key === " ") choose([atRow, atColumn]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const box = (top: number, left: number, height: number, width: number) => ({
    top: `${(100 * top) / rows}%`,
    left: `${(100 * left) / columns}%`,
    height: `${(100 * height) / rows}%`,
    width: `${(100 * width) / columns}%`,
  });

  return (
    <div class="cell-matrix" role="group" aria-label={props.label} style={{ "--bars": props.rowBars.length, "--ratio": columns / rows }}>
      <div class="cell-bars above" aria-hidden="true">
        {props.columnBars.map((bar, index) => (
          <Groups key={index} bar={bar} count={columns} upright={false} />
        ))}
      </div>
      <div class="cell-bars beside" aria-hidden="true">
        {props.rowBars.map((bar, index) => (
          <Groups key={index} bar={bar} count={rows} upright />
        ))}
      </div>
      <div
        class="cell-grid hatched"
        ref={grid}
        onMouseMove={(event) => showTip(event, props.describe(...cellAt(event)))}
        onMouseLeave={hideTip}
        onFocusOut={hideTip}
        onKeyDown={walk}
        onClick={(event) => event.target !== focus.current && choose(cellAt(event))}
      >
        <canvas ref={canvas} />
        {row >= 0 && <i class="cell-line" style={box(row, 0, 1, columns)} />}
        {column >= 0 && <i class="cell-line" style={box(0, column, rows, 1)} />}
        {rows > 0 && columns > 0 && (
          <button
            ref={focus}
            type="button"
            class="cell-focus"
            aria-label={props.speak(atRow, atColumn)}
            aria-pressed={atRow === row && atColumn === column}
            style={box(atRow, atColumn, 1, 1)}
          />
        )}
      </div>
    </div>
  );
}

/** The groups along one side. */
function Groups({ bar, count, upright }: { bar: Bar; count: number; upright: boolean }) {
  return (
    <div class={`cell-bar ${bar.colourOf ? "" : "plain"}`}>
      {bar.segments.map(({ value, start, length }) => {
        const [from, size] = [`${(100 * start) / count}%`, `${(100 * length) / count}%`];
        return (
          <i
            key={start}
            style={{ background: bar.colourOf?.(value), ...(upright ? { top: from, height: size } : { left: from, width: size }) }}
          >
            {length / count >= NUMBERED_FROM ? value : ""}
          </i>
        );
      })}
    </div>
  );
}
