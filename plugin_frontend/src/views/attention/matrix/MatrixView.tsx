import { batch } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { chooseTokens } from "../../../actions";
import { nameOf } from "../../../lib/heads";
import { Notice, Panel } from "../../../elements/Panel";
import { dark } from "../../../host";
import { formatBlock } from "../../../lib/format";
import { matrixOf } from "../../../matrix";
import { select, selection, visibleSides } from "../../../state";
import { LayoutPicker } from "../LayoutPicker";
import { ScalingSelect } from "../ScalingSelect";
import { MatrixFooter } from "./MatrixFooter";
import { MatrixPlot, type ChosenTokens } from "./MatrixPlot";
import { matrixShown, type MatrixSide, type PlacedSource } from "./shown";
import { TileLoader } from "./tile_loader";
import { moveWindow, pointed, type Cell } from "./window_shown";

const NONE: readonly number[] = [];

/** Every token of a head by every token. */
export function MatrixView() {
  const { sides, colours, obstacle } = matrixShown.value;
  const loader = useMemo(() => new TileLoader(), []);
  useEffect(() => () => void (pointed.value = null), []);
  const progress = visibleSides.value.map((side) => matrixOf[side]);
  const failed = progress.find(({ error }) => error.value !== null);
  const retry = () => {
    failed?.retry();
    loader.retry();
  };
  return (
    <Panel
      class="attention-main"
      testId="matrix"
      loading={progress.some(({ loading }) => loading.value)}
      error={failed?.error.value ?? loader.error.value}
      onRetry={retry}
      title={sides[0] && <Title side={sides[0]} />}
      aside={
        <>
          <ScalingSelect />
          <button
            type="button"
            class="quiet"
            title="Show the whole matrix (0, or double click)"
            disabled={selection.value.window === null}
            onClick={() => moveWindow(null)}
          >
            whole
          </button>
          <LayoutPicker />
        </>
      }
    >
      {obstacle !== null && <Notice>{obstacle}</Notice>}
      <div class="matrix-plots">
        {sides.map((side) => (
          <div class="matrix-side" key={side.side}>
            {sides.length > 1 && <span class={`chip ${side.side}`}>{side.side.toUpperCase()}</span>}
            {side.source.missing !== null ? (
              <Notice>{side.source.missing}</Notice>
            ) : (
              <MatrixPlot
                side={side}
                colours={colours}
                label={spokenTitle(side)}
                chosen={chosenIn(side.source)}
                loader={loader}
                dark={dark.value}
                onChoose={(cell, asKey) => choose(side.source, cell, asKey)}
              />
            )}
          </div>
        ))}
      </div>
      {sides.length > 0 && <MatrixFooter sides={sides} colours={colours} />}
    </Panel>
  );
}

function Title({ side: { source, before } }: { side: MatrixSide }) {
  return (
    <>
      {before && "B − A: "}
      {formatBlock(source.block.name)}, layer {source.layer}, {nameOf(source.head, source.block.heads)}
    </>
  );
}

function spokenTitle({ side, source, before }: MatrixSide): string {
  const { block, layer, head, shape } = source;
  const whose = before ? "change from A to B" : side.toUpperCase();
  const size = `${shape.queries} query tokens by ${shape.keys} key tokens`;
  return (
    `Attention weights of ${formatBlock(block.name)}, layer ${layer}, ${nameOf(head, block.heads)}, ${whose}: ${size}. ` +
    "Arrow keys move from cell to cell, with shift the view; plus and minus zoom, 0 shows all; " +
    "Enter chooses the query token, with shift the key token."
  );
}

/** The chosen tokens, on the axis that they are on. */
function chosenIn({ block }: PlacedSource): ChosenTokens {
  const { role, sequence, tokens } = selection.value;
  const on = (axis: "query" | "key") => (role === axis && sequence === block[axis] ? tokens : NONE);
  return { query: on("query"), key: on("key") };
}

function choose({ block }: PlacedSource, { query, key }: Cell, asKey: boolean): void {
  batch(() => {
    select({ role: asKey ? "key" : "query" });
    chooseTokens(asKey ? block.key : block.query, [asKey ? key : query]);
  });
}
