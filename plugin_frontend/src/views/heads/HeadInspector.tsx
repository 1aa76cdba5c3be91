import { moveTo, showView } from "../../actions";
import { stepOf } from "../../catalogue";
import { attentionOf, historyOf, statisticsOf } from "../../data";
import { nameOf } from "../../elements/HeadMatrix";
import { LineChart, type Line } from "../../elements/LineChart";
import { Notice, Panel } from "../../elements/Panel";
import { formatBlock, formatNumber, withUnit } from "../../lib/format";
import type { Statistic } from "../../schema";
import { selection, visibleSides } from "../../state";
import { Pictures } from "../attention/Pictures";
import { shownAttention } from "../attention/shown";
import { headOverSteps, headValues, offeredStatistic } from "./statistics";

/** The chosen head: what it looks at, and its statistic over the steps. */
export function HeadInspector() {
  const { block: name, layer, head, statistic: chosen } = selection.value;
  const front = statisticsOf[visibleSides.value[0]].value.value;
  const statistic = front ? offeredStatistic(front, chosen) : undefined;
  const block = front?.manifest.attention.find((candidate) => candidate.name === name);
  if (!block || layer === null || head === null || !statistic) return <div class="inspector" />;
  return (
    <aside class="inspector">
      <Preview title={`${formatBlock(block.name)}, layer ${layer}, ${nameOf(head, block.heads)}`} />
      <OverSteps statistic={statistic} layerIndex={block.layers.indexOf(layer)} heads={block.heads} />
    </aside>
  );
}

function Preview({ title }: { title: string }) {
  const shown = shownAttention();
  const progress = visibleSides.value.map((side) => attentionOf[side]);
  const failed = progress.find(({ error }) => error.value !== null);
  return (
    <Panel
      testId="head-preview"
      title={title}
      loading={progress.some(({ loading }) => loading.value)}
      error={failed?.error.value}
      onRetry={failed?.retry}
      aside={
        <button type="button" class="quiet" data-testid="open-attention" onClick={() => showView("attention")}>
          open
        </button>
      }
    >
      {shown.sides.length > 0 ? (
        <div class="previews">
          {shown.sides.map((side) => (
            <Pictures key={side.side} shown={shown} side={side} small />
          ))}
        </div>
      ) : (
        shown.obstacle !== null && <Notice>{shown.obstacle}</Notice>
      )}
    </Panel>
  );
}

function OverSteps(props: { statistic: Statistic; layerIndex: number; heads: number }) {
  const { statistic, layerIndex, heads } = props;
  const { head, block, layer } = selection.value;
  const sides = visibleSides.value;
  const lines = sides.flatMap((side): Line[] => {
    const history = historyOf[side].value.value;
    if (!history || history.block !== block) return [];
    const line = (which: number | "mean", kind: Line["kind"]): Line => ({
      name: sides.length > 1 ? `${side.toUpperCase()}, ${nameOf(which, heads)}` : nameOf(which, heads),
      steps: history.steps,
      values: headOverSteps(history.statistics, statistic.name, layerIndex, which),
      kind,
    });
    const context = side === sides[0] ? [...Array(heads).keys()].map((other) => line(other, "context")) : [];
    return [...context, line(head ?? "mean", side)];
  });
  const sameRun = new Set(sides.map((side) => statisticsOf[side].value.value?.manifest.run)).size < sides.length;
  const shownLines = sameRun ? lines.filter(({ kind }) => kind !== "b") : lines;
  const marks = sides.flatMap((side) => {
    const step = stepOf[side].value;
    return step === null ? [] : [{ step, kind: side }];
  });
  const now = sides.map((side) => {
    const frame = statisticsOf[side].error.value === null ? statisticsOf[side].value.value : null;
    const values = frame && block !== null ? headValues(frame, block, statistic.name) : null;
    const value = !values ? NaN : head === "mean" ? values.layerMean[layerIndex] : values.values[layerIndex * heads + Number(head)];
    return { side, value };
  });
  const defined = lines.some(({ values }) => values.some((value) => !Number.isNaN(value)));
  return (
    <Panel
      testId="head-over-steps"
      title="Over the steps"
      aside={now.map(({ side, value }) => (
        <span key={side} class="reading">
          {sides.length > 1 && <span class={`chip ${side}`}>{side.toUpperCase()}</span>}
          <b>{withUnit(formatNumber(value), Number.isNaN(value) ? "" : statistic.unit)}</b>
        </span>
      ))}
      loading={sides.some((side) => historyOf[side].loading.value)}
      error={historyOf[sides[0]].error.value}
      onRetry={historyOf[sides[0]].retry}
    >
      {defined ? (
        <>
          <LineChart
            label={`${statistic.title} of the chosen head over the steps`}
            lines={shownLines}
            marks={marks}
            onChoose={(step) => moveTo(sides[0], step)}
          />
          <p class="muted chart-note">
            {statistic.title}. Thin lines: the other heads of layer {layer}.
          </p>
        </>
      ) : (
        <Notice>{statistic.title} is not defined for this block.</Notice>
      )}
    </Panel>
  );
}
