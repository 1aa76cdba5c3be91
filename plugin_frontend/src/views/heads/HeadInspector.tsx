import { moveTo, showView } from "../../actions";
import { stepOf } from "../../catalogue";
import { headStatisticsOf, historiesOf } from "../../cohorts";
import { attentionOf, statisticsOf } from "../../data";
import { nameOf } from "../../lib/heads";
import { LineChart, type Line } from "../../elements/LineChart";
import { Notice, Panel } from "../../elements/Panel";
import { formatBlock, formatNumber, formatStep, withUnit } from "../../lib/format";
import type { Head } from "../../lib/selection";
import type { Statistic } from "../../schema";
import { selection, visibleSides } from "../../state";
import { Pictures } from "../attention/Pictures";
import { shownAttention } from "../attention/shown";
import { emergenceOf, headOverSteps, sameHistory } from "./history";
import { shownUnit } from "./shown";
import { headValues, offeredStatistic } from "./statistics";

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
  const { head, block, layer, cohort } = selection.value;
  const sides = visibleSides.value;
  const histories = sides.flatMap((side) => {
    const found = historiesOf[side].value.value;
    const history = block !== null && found?.statistic === statistic.name ? found.blocks.get(block) : undefined;
    return history ? [{ side, history }] : [];
  });
  // Both sides of one run have the same lines.
  const distinct = histories.filter(({ history }, index) => index === 0 || !sameHistory(history, histories[0].history));
  const lines = distinct.flatMap(({ side, history }, index): Line[] => {
    const line = (which: Head, kind: Line["kind"]): Line => {
      const { low, high, ...over } = headOverSteps(history, statistic.name, layerIndex, which);
      const name = distinct.length > 1 ? `${side.toUpperCase()}, ${nameOf(which, heads)}` : nameOf(which, heads);
      return { name, kind, ...over, ...(kind === "context" ? {} : { low, high }) };
    };
    const context = index === 0 ? [...Array(heads).keys()].map((other) => line(other, "context")) : [];
    return [...context, line(head ?? "mean", side)];
  });
  const marks = sides.flatMap((side) => {
    const step = stepOf[side].value;
    return step === null ? [] : [{ step, kind: side }];
  });
  const now = sides.map((side) => {
    const frame = headStatisticsOf[side].error.value === null ? headStatisticsOf[side].value.value : null;
    const values = frame && block !== null ? headValues(frame, block, statistic.name) : null;
    const value = !values ? NaN : head === "mean" ? values.layerMean[layerIndex] : values.values[layerIndex * heads + Number(head)];
    return { side, value };
  });
  const emerged = histories.length > 0 && typeof head === "number"
    ? emergenceOf(histories[0].history, statistic.name, layerIndex, head)
    : null;
  const loaded = distinct.length > 0;
  const defined = lines.some(({ values }) => values.some((value) => !Number.isNaN(value)));
  return (
    <Panel
      testId="head-over-steps"
      title="Over the steps"
      aside={now.map(({ side, value }) => (
        <span key={side} class="reading">
          {sides.length > 1 && <span class={`chip ${side}`}>{side.toUpperCase()}</span>}
          <b>{withUnit(formatNumber(value), Number.isNaN(value) ? "" : shownUnit(statistic))}</b>
        </span>
      ))}
      loading={sides.some((side) => historiesOf[side].loading.value)}
      error={historiesOf[sides[0]].error.value}
      onRetry={historiesOf[sides[0]].retry}
    >
      {defined ? (
        <>
          <LineChart
            label={`${statistic.title} of the chosen head over the steps`}
            lines={lines}
            marks={marks}
            onChoose={(step) => moveTo(sides[0], step)}
          />
          <p class="muted chart-note">
            {statistic.title}
            {cohort === null ? "" : `, mean over samples${typeof head === "number" ? ", band: 95 % interval" : ""}`}. Thin
            lines: the other heads of layer {layer}.{" "}
            {emerged !== null && (
              <span title={histories[0].history.emergenceRule} data-testid="emergence-note">
                Emerges at step {formatStep(emerged)}.
              </span>
            )}
          </p>
        </>
      ) : (
        loaded && <Notice>{statistic.title} is not defined for this block.</Notice>
      )}
    </Panel>
  );
}
