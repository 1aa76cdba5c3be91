import type { ComponentChildren } from "preact";
import { chooseHead, hoverHead, togglePicked } from "../../actions";
import { HeadMatrix, type HeadValues } from "../../elements/HeadMatrix";
import type { CellLook } from "../../elements/HeadRow";
import type { ColourTable } from "../../lib/colour";
import { formatBlock } from "../../lib/format";
import { headKey, headsBetween } from "../../lib/heads";
import type { Scale } from "../../lib/scale";
import type { Head } from "../../lib/selection";
import type { AttentionBlock } from "../../schema";
import { selection } from "../../state";
import type { MatrixShown } from "./statistics";

export interface SectionMatrix {
  side: MatrixShown["side"];
  /** Whether the side has to be told. */
  named: boolean;
  values: HeadValues;
  scale: Scale;
  table: ColourTable;
  withoutMean?: boolean;
  charts?: boolean;
  format(value: number): string;
  look?(line: number, head: Head): CellLook;
}

interface Props {
  block: AttentionBlock;
  obstacle?: string | null;
  note?: ComponentChildren;
  matrices: readonly SectionMatrix[];
}

/** One block: its name and its matrices side by side; picked heads are outlined, filtered ones recede. */
export function BlockSection({ block, obstacle, note, matrices }: Props) {
  const { block: chosenBlock, layer, head, picked } = selection.value;
  const chosen = chosenBlock === block.name;
  const title = formatBlock(block.name);
  const eyed = new Set(picked);
  const keyOf = (at: number, which: number) => headKey(block.name, { layer: at, head: which });
  const pick = (at: number, which: number, through: boolean) => {
    const from = through && chosen && layer !== null && typeof head === "number" ? { layer, head } : null;
    const heads = from ? headsBetween(block.layers, from, { layer: at, head: which }) : [{ layer: at, head: which }];
    togglePicked(heads.map((one) => headKey(block.name, one)));
  };
  return (
    <section
      class="block"
      data-testid={`block-${block.name}`}
      data-chosen={chosen}
      style={{ "--sides": Math.max(1, matrices.length) }}
    >
      <h3>
        {title}{" "}
        <span class="muted">
          {block.query === block.key ? `within ${block.query}` : `${block.query} looks at ${block.key}`}
        </span>
      </h3>
      {obstacle && <p class="muted">{obstacle}</p>}
      <div class="matrices">
        {matrices.map(({ side, named, values, charts, look, ...rest }) => (
          <div key={side} class={`matrix-of ${charts ? "charts" : ""}`}>
            {named && side !== "both" && <span class={`chip ${side}`}>{side.toUpperCase()}</span>}
            <HeadMatrix
              {...values}
              {...rest}
              label={`${title}, layers by heads${side === "both" ? ", B minus A" : named ? `, ${side.toUpperCase()}` : ""}`}
              selected={chosen && layer !== null && head !== null ? { layer, head } : null}
              look={
                eyed.size === 0
                  ? look
                  : (line, which) => ({
                      ...look?.(line, which),
                      picked: which !== "mean" && eyed.has(keyOf(values.layers[line], which)),
                    })
              }
              onChoose={(toLayer, toHead) => chooseHead(block.name, toLayer, toHead)}
              onHover={(at) => hoverHead(block.name, at)}
              onPick={pick}
            />
          </div>
        ))}
      </div>
      {note && <p class="muted chart-note">{note}</p>}
    </section>
  );
}
