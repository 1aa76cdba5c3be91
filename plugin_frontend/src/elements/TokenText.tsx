/** Tokens as words, coloured by weight, some of them chosen. */

import { useRef } from "preact/hooks";
import { gestureOf, type Gesture } from "../lib/choice";
import { colourAt, css, inkOn, type ColourTable } from "../lib/colour";
import { numberCell, type Row } from "../lib/csv";
import { formatToken } from "../lib/format";
import { position, type Scale } from "../lib/scale";
import type { Modality } from "../schema";
import { useRows } from "./table_rows";
import { hideTip } from "./Tooltip";

export interface WordToken {
  index: number;
  text: string;
  modality: Modality;
  /** NaN where it is not defined, was not logged or is masked. */
  weight: number | null;
  /** Struck through: taken away. */
  removed?: boolean;
}

interface Props {
  label: string;
  tokens: readonly WordToken[];
  scale: Scale;
  table: ColourTable;
  chosen: readonly number[];
  /** Positions that can be chosen; all where null. */
  choosable: ReadonlySet<number> | null;
  /** Why the others can't be. Without it they are mere words, not buttons. */
  closed?: string;
  onHover?(index: number, event: MouseEvent): void;
  onChoose?(index: number, gesture: Gesture): void;
}

export function TokenText({ label, tokens, scale, table, chosen, choosable, closed, onHover, onChoose }: Props) {
  const pressed = new Set(chosen);
  const box = useRef<HTMLDivElement>(null);
  useRows(box, tokens.some(({ weight }) => weight !== null) ? () => rowsOf(tokens) : null);
  return (
    <div class="words" ref={box} role="group" aria-label={label} onMouseLeave={hideTip}>
      {tokens.map(({ index, text, modality, weight, removed }) => {
        const open = choosable?.has(index) ?? true;
        const heat = weight !== null && !Number.isNaN(weight) ? position(scale, weight) : null;
        const colour = heat === null ? null : colourAt(table, heat);
        const look = {
          class: `word ${modality} ${weight !== null && Number.isNaN(weight) ? "hatched" : ""}`,
          style: colour ? { background: css(colour), color: inkOn(colour) } : undefined,
          "data-token": index,
          onMouseMove: (event: MouseEvent) => onHover?.(index, event),
        };
        if (removed) return <del key={index} {...look}>{formatToken(text)}</del>;
        if (!open && closed === undefined) return <span key={index} {...look}>{formatToken(text)}</span>;
        return (
          <button
            key={index}
            type="button"
            {...look}
            aria-pressed={pressed.has(index)}
            aria-disabled={open ? undefined : "true"}
            title={open ? undefined : closed}
            onClick={(event) => open && onChoose?.(index, gestureOf(event))}
            onDblClick={() => open && onChoose?.(index, "word")}
          >
            {formatToken(text)}
          </button>
        );
      })}
    </div>
  );
}

function rowsOf(tokens: readonly WordToken[]): Row[] {
  const rows = tokens.map(({ index, text, modality, weight }) => [String(index), text, modality, numberCell(weight)]);
  return [["position", "token", "modality", "weight"], ...rows];
}
