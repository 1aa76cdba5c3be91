import { batch } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { chooseTokens } from "../../../actions";
import { matrixOf } from "../../../data";
import { nameOf } from "../../../elements/HeadMatrix";
import { Notice, Panel } from "../../../elements/Panel";
import { Segmented, type Choice } from "../../../elements/Segmented";
import { dark } from "../../../host";
import { formatBlock } from "../../../lib/format";
import type { Scaling } from "../../../lib/selection";
import { select, selection, visibleSides } from "../../../state";
import { LayoutPicker } from "../LayoutPicker";
import { MatrixFooter } from "./MatrixFooter";
import { MatrixPlot } from "./MatrixPlot";
import { matrixShown, type MatrixSide, type PlacedSource } from "./shown";
import { TileLoader } from "./tile_loader";
import { moveWindow, pointed } from "./window_shown";

const SCALES: readonly Choice<Scaling>[] = [
  { value: "linear", label: "linear", title: "Up to the largest weight" },
  { value: "clipped", label: "clipped", title: "Up to the 99th percentile of the weights" },
  { value: "log", label: "log", title: "Each factor of ten equally long" },
  { value: "rank", label: "rank", title: "By the share of weights that are smaller" },
];

const NONE: readonly number[] = [];

/** Every token of a head by every token. */
export function MatrixView() {
  const { sides, colours, obstacle } = matrixShown.value;
  const { mode, scaling } = selection.value;
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
          <Segmented<Scaling>
            name="Colour scale"
            value={mode === "difference" && scaling !== "linear" ? "clipped" : scaling}
            choices={mode === "difference" ? SCALES.slice(0, 2) : SCALES}
            onChoose={(value) => select({ scaling: value })}
          />
          <button
            type="button"
            class="quiet"
            title="Show the whole matrix (0, or double-click)"
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
                onChoose={(query, key) => choose(side.source, query, key)}
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

/** The chosen tokens, if they are on one of the axes. */
function chosenIn({ block }: PlacedSource): { query: readonly number[]; key: readonly number[] } {
  const { role, sequence, tokens } = selection.value;
  const on = (axis: "query" | "key") => (role === axis && sequence === block[axis] ? tokens : NONE);
  return { query: on("query"), key: on("key") };
}

function choose({ block }: PlacedSource, query: number | null, key: number | null): void {
  batch(() => {
    select({ role: query === null ? "key" : "query" });
    if (query !== null) chooseTokens(block.query, [query]);
    else if (key !== null) chooseTokens(block.key, [key]);
  });
}
