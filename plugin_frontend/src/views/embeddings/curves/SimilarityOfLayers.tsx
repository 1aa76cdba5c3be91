import type { ComponentChildren } from "preact";
import { runOf, stepOf } from "../../../catalogue";
import { shownDepth } from "../../../data";
import { CellMatrix } from "../../../elements/CellMatrix";
import { Legend } from "../../../elements/Legend";
import { Panel } from "../../../elements/Panel";
import { Segmented } from "../../../elements/Segmented";
import { ckaBetween, ckaHistoryOf, ckaOf } from "../../../geometry";
import { viridis } from "../../../lib/colour";
import { formatCount, formatNumber, formatStep } from "../../../lib/format";
import type { Scale } from "../../../lib/scale";
import { segments } from "../../../lib/segments";
import { CKA_TOKENS, type CkaTokens, type Side } from "../../../lib/selection";
import type { Resource } from "../../../resource";
import type { Cka } from "../../../schema";
import { select, selection, visibleSides } from "../../../state";
import { Movement } from "./Movement";

const SCALE: Scale = { low: 0, high: 1, diverging: false };

const TOKENS: Record<CkaTokens, { label: string; title: string }> = {
  all: { label: "all tokens", title: "All tokens but padding: what sets words and patches apart weighs most" },
  text: { label: "text", title: "Text tokens alone" },
  image: { label: "image", title: "Image tokens alone" },
};

interface Compared {
  first: Side;
  second: Side;
  progress: Resource<Cka>;
}

/** Which layers say the same of the tokens, within a checkpoint and between two. */
export function SimilarityOfLayers() {
  const { mode, ckaTokens } = selection.value;
  const sides = visibleSides.value;
  const within = sides.map((side): Compared => ({ first: side, second: side, progress: ckaOf[side] }));
  const between: Compared[] = sides.length > 1 ? [{ first: "a", second: "b", progress: ckaBetween }] : [];
  const shown = mode === "difference" ? between : [...within, ...between];
  const loading = [...shown.map(({ progress }) => progress), ...sides.map((side) => ckaHistoryOf[side])].some((one) => one.loading.value);
  const front = shown.map(({ progress }) => progress.value.value).find((found) => found !== null);
  return (
    <Panel
      testId="cka"
      title="Similarity of layers"
      loading={loading}
      aside={
        <Segmented
          name="Tokens compared"
          value={ckaTokens}
          choices={CKA_TOKENS.map((value) => ({ value, ...TOKENS[value] }))}
          onChoose={(tokens) => select({ ckaTokens: tokens })}
        />
      }
    >
      <p class="description">
        Linear CKA (centred kernel alignment): 1 where two layers arrange the tokens alike, but for rotation and scale; 0
        where they have nothing in common. Without the bias that few tokens bring.{front ? ` ${sampleOf(front)}` : ""}
      </p>
      <div class="similarity cka">
        {shown.map((compared) => (
          <Matrix key={`${compared.first} ${compared.second}`} {...compared} labelled={shown.length > 1 || mode === "difference"} />
        ))}
        <div class="cka-aside">
          <Legend scale={SCALE} table={viridis} title="CKA" unit="" note={undefinedIn(shown) ? "hatched: a sequence lacks the layer" : undefined} />
          <Movement />
        </div>
      </div>
    </Panel>
  );
}

function undefinedIn(shown: readonly Compared[]): boolean {
  return shown.some(({ progress }) => progress.value.value?.cka.some(Number.isNaN));
}

function Matrix({ first, second, progress, labelled }: Compared & { labelled: boolean }) {
  const found = progress.value.value;
  const name = first === second ? `Layers of ${first.toUpperCase()}` : `Layers of ${first.toUpperCase()} by layers of ${second.toUpperCase()}`;
  return (
    <figure class="similarity-matrix" data-testid={`cka-${first}-${second}`}>
      <figcaption>{labelled ? <Checkpoints first={first} second={second} /> : <Checkpoint side={first} />}</figcaption>
      {progress.error.value !== null ? (
        <p class="muted" role="alert">
          {progress.error}
        </p>
      ) : (
        found && <Cells name={name} found={found} within={first === second} />
      )}
    </figure>
  );
}

function Cells({ name, found, within }: { name: string; found: Cka; within: boolean }) {
  const { layers, otherLayers, cka, biased } = found;
  const depth = shownDepth.value ?? NaN;
  const { comparedDepth } = selection.value;
  const at = (row: number, column: number) => row * otherLayers.length + column;
  const pair = (row: number, column: number) =>
    within ? `layers ${layers[row]} and ${otherLayers[column]}` : `layer ${layers[row]} of A, layer ${otherLayers[column]} of B`;
  return (
    <CellMatrix
      label={`CKA: ${name}`}
      rows={layers.length}
      columns={otherLayers.length}
      values={cka}
      scale={SCALE}
      table={viridis}
      rowBars={[{ segments: segments(layers) }]}
      columnBars={[{ segments: segments(otherLayers) }]}
      row={layers.indexOf(depth)}
      column={otherLayers.indexOf(comparedDepth ?? (within ? NaN : depth))}
      describe={(row, column) => (
        <>
          <b>{formatNumber(cka[at(row, column)])}</b> <span class="muted">with bias {formatNumber(biased[at(row, column)])}</span>
          <div>{pair(row, column)}</div>
        </>
      )}
      speak={(row, column) => `${pair(row, column)}: ${formatNumber(cka[at(row, column)])}`}
      onChoose={(row, column) =>
        select({ depth: layers[row], comparedDepth: layers[row] === otherLayers[column] ? null : otherLayers[column] })
      }
    />
  );
}

function Checkpoints({ first, second }: { first: Side; second: Side }): ComponentChildren {
  if (first === second) return <Checkpoint side={first} chip />;
  return (
    <>
      <span class={`chip ${first}`}>{first.toUpperCase()}</span> <span class="muted">down,</span>{" "}
      <span class={`chip ${second}`}>{second.toUpperCase()}</span> <span class="muted">across</span>
    </>
  );
}

function Checkpoint({ side, chip }: { side: Side; chip?: boolean }) {
  const [run, step] = [runOf[side].value, stepOf[side].value];
  return (
    <>
      {chip && <span class={`chip ${side}`}>{side.toUpperCase()}</span>}{" "}
      <span class="muted" title={run ?? ""}>
        step {step === null ? "" : formatStep(step)}
      </span>
    </>
  );
}

function sampleOf({ points, of, samples }: Cka): string {
  const tokens = formatCount(points);
  const all = points < of ? `${tokens} of ${formatCount(of)}` : `All ${tokens}`;
  return `${all} tokens, of ${formatCount(samples)} ${samples === 1 ? "example" : "examples"}.`;
}
