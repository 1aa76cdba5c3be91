/** Tokens as words, coloured by weight, one of them chosen. */

import { colourAt, css, inkOn, type ColourTable } from "../lib/colour";
import { formatToken } from "../lib/format";
import { position, type Scale } from "../lib/scale";
import type { Modality } from "../schema";
import { hideTip } from "./Tooltip";

export interface WordToken {
  index: number;
  text: string;
  modality: Modality;
  /** NaN where it is not defined or was not logged. */
  weight: number | null;
}

interface Props {
  label: string;
  tokens: readonly WordToken[];
  scale: Scale;
  table: ColourTable;
  chosen: number | null;
  /** Positions that can be chosen; all where null. */
  choosable: ReadonlySet<number> | null;
  onHover?(index: number, event: MouseEvent): void;
  onChoose(index: number): void;
}

export function TokenText({ label, tokens, scale, table, chosen, choosable, onHover, onChoose }: Props) {
  return (
    <div class="words" role="group" aria-label={label} onMouseLeave={hideTip}>
      {tokens.map(({ index, text, modality, weight }) => {
        const open = choosable?.has(index) ?? true;
        const heat = weight !== null && !Number.isNaN(weight) ? position(scale, weight) : null;
        const colour = heat === null ? null : colourAt(table, heat);
        return (
          <button
            key={index}
            type="button"
            class={`word ${modality} ${weight !== null && Number.isNaN(weight) ? "hatched" : ""}`}
            aria-pressed={index === chosen}
            aria-disabled={open ? undefined : "true"}
            title={open ? undefined : "The attention of this token was not logged."}
            data-token={index}
            style={colour ? { background: css(colour), color: inkOn(colour) } : undefined}
            onClick={() => open && onChoose(index)}
            onMouseMove={(event) => onHover?.(index, event)}
          >
            {formatToken(text)}
          </button>
        );
      })}
    </div>
  );
}
