import { differenceTable, magnitudeTable } from "../../comparison";
import { historiesOf } from "../../cohorts";
import { Legend } from "../../elements/Legend";
import { Notice, Panel } from "../../elements/Panel";
import { select, selection } from "../../state";
import type { Statistic } from "../../schema";
import { filteredHeads } from "./filtered";
import { CellsPicker, FilterInput, NormalisationPicker, StatisticPicker } from "./HeadControls";
import { HeadGallery } from "./HeadGallery";
import { blocksWithHistory, EmergenceBlocks, emergenceScale, OverStepsBlocks } from "./OverStepsBlocks";
import { SamplesNote } from "./Samples";
import { headsShown, isNormalised, shownUnit, type HeadsShown } from "./shown";
import { blocksShown, commonScale } from "./statistics";
import { NotDefined, saysSomething, ValueBlocks } from "./ValueBlocks";

/** A statistic of every head, block by block, as layer x head matrices. */
export function MatrixPanel() {
  const { mode, cells } = selection.value;
  const shown = headsShown();
  const { front, offered, statistic, ready } = shown;
  const asDifference = mode === "difference";
  const signed = asDifference || isNormalised();
  const blocks = ready && statistic ? blocksShown(shown.frames, statistic.name, asDifference, shown.change) : [];
  const scale = commonScale(blocks, signed);
  const heads = filteredHeads(shown);
  const histories = cells === "value" ? [] : shown.sides.map((side) => historiesOf[side]);
  const failed = histories.find(({ error }) => error.value !== null);

  return (
    <Panel
      testId="heads"
      loading={shown.loading || histories.some(({ loading }) => loading.value)}
      error={shown.error ?? failed?.error.value}
      onRetry={() => (shown.error === null ? failed?.retry() : shown.retry())}
      title={statistic && <StatisticPicker offered={offered} chosen={statistic} />}
      aside={
        statistic &&
        (cells === "value" ? (
          <Legend
            scale={scale}
            table={signed ? differenceTable() : magnitudeTable(false)}
            title={asDifference ? "B − A" : "per head"}
            unit={shownUnit(statistic)}
          />
        ) : (
          <CellsKey shown={shown} statistic={statistic} />
        ))
      }
    >
      {shown.obstacle !== null && <Notice>{shown.obstacle}</Notice>}
      {front && !statistic && <Notice>No attention was logged for this example.</Notice>}
      {statistic && <p class="description of-statistic">{statistic.description}</p>}
      {ready && statistic && (
        <>
          <div class="heads-controls">
            <CellsPicker />
            <NormalisationPicker />
            {asDifference && <LargestChange />}
            <FilterInput offered={offered} heads={heads} />
          </div>
          <div class="heads-notes">
            <SamplesNote shown={shown} statistic={statistic.name} />
            {asDifference && cells === "value" && shown.change && (
              <span class="chance-key" data-testid="chance-key">
                <i class="swatch corner" /> beyond chance
              </span>
            )}
          </div>
          {cells === "value" ? (
            <>
              <ValueBlocks blocks={blocks} scale={scale} signed={signed} passing={heads.passing} />
              <NotDefined blocks={blocks.filter((one) => !saysSomething(one))} />
            </>
          ) : cells === "steps" ? (
            <OverStepsBlocks shown={shown} statistic={statistic} passing={heads.passing} />
          ) : (
            <EmergenceBlocks shown={shown} statistic={statistic} passing={heads.passing} />
          )}
          <HeadGallery />
        </>
      )}
    </Panel>
  );
}

function LargestChange() {
  return (
    <button
      type="button"
      class="button"
      data-testid="largest-change"
      title="List the heads, those that changed most first"
      onClick={() => select({ panel: "list", sort: "-change" })}
    >
      Largest change
    </button>
  );
}

/** What charts and steps of emergence mean. */
function CellsKey({ shown, statistic }: { shown: HeadsShown; statistic: Statistic }) {
  const histories = blocksWithHistory(shown, statistic).flatMap((one) => one.histories.map(({ history }) => history));
  if (histories.length === 0) return null;
  if (selection.value.cells === "emergence") {
    if (selection.value.cohort === null) return null;
    return (
      <div class="emergence-key" title={histories[0].emergenceRule} data-testid="emergence-key">
        <Legend scale={emergenceScale(histories)} table={magnitudeTable(false)} title="emerges at step" unit="" />
        <span class="muted">
          <i class="swatch blank" /> does not
        </span>
      </div>
    );
  }
  return (
    <span class="charts-key muted" data-testid="charts-key">
      <span>
        <i class="key-dot" /> this step
      </span>
      {selection.value.cohort !== null && (
        <span title={histories[0].emergenceRule}>
          <i class="key-since" /> emerges
        </span>
      )}
    </span>
  );
}
