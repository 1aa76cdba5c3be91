import { moveTo } from "../../../actions";
import { stepOf } from "../../../catalogue";
import { ChartFigure } from "../../../elements/ChartFigure";
import { LineChart, valueRange, type Line } from "../../../elements/LineChart";
import { Named } from "../../../elements/Named";
import { Notice, Panel } from "../../../elements/Panel";
import { Segmented } from "../../../elements/Segmented";
import { SeriesLegend, SeriesMark } from "../../../elements/SeriesLegend";
import { formatLabel, formatPercent, formatStep } from "../../../lib/format";
import { findPair, pairName, pairTitle } from "../../../lib/neighbourhoods";
import type { ChurnAgainst } from "../../../lib/selection";
import { seriesOf, type Series } from "../../../lib/series";
import { churn, churnEnds, churnHistoryOf } from "../../../neighbourhoods";
import type { Churn, ChurnHistory } from "../../../schema";
import { select, selection, visibleSides } from "../../../state";
import { ChangedPanel } from "./ChangedPanel";

const AGAINST: readonly { value: ChurnAgainst; label: string; title: string }[] = [
  { value: "previous", label: "against the step before", title: "Share of the neighbours at the step before that are gone" },
  { value: "first", label: "first", title: "Share of the neighbours at the first step that are gone" },
  { value: "last", label: "last", title: "Share of the neighbours that are gone at the last step" },
];

/** How much neighbourhoods change: between the two checkpoints, and from step to step. */
export function ChurnPanel() {
  const { churnAgainst } = selection.value;
  const histories = visibleSides.value.map((side) => churnHistoryOf[side]);
  const progress = [churn, ...histories];
  const failed = progress.find(({ error }) => error.value !== null);
  const found = churn.value.value;
  const known = [found, ...histories.map(({ value }) => value.value)].flatMap((one) => one?.pairs.map(pairName) ?? []);
  const series = seriesOf(known);
  return (
    <>
      <Panel
        class="churn"
        testId="churn"
        title={<>Churn of neighbours, {endsName()}</>}
        loading={progress.some(({ loading }) => loading.value)}
        error={failed?.error.value}
        onRetry={() => progress.forEach(({ retry }) => retry())}
      >
        <p class="description">
          Share of a token’s nearest that are gone. <i class="unrelated-mark" /> as much as without any relation.
        </p>
        {found && <PairTable found={found} series={series} />}
        {churnEnds.value !== null && !found && !churn.loading.value && <Notice>Choose another step, or a B, to compare with.</Notice>}
        <Segmented name="Every step against" value={churnAgainst} choices={AGAINST} onChoose={(value) => select({ churnAgainst: value })} />
        <Curves series={series} legend={found === null} />
        {found && <p class="muted nearest-scale" title={found.interval}>{found.note}</p>}
      </Panel>
      <ChangedPanel />
    </>
  );
}

function endsName(): string {
  const ends = churnEnds.value;
  if (!ends || ends.sides) return "A to B";
  return `step ${formatStep(ends.before[1])} to ${formatStep(ends.after[1])}`;
}

/** A bar per pair of modalities with its interval; choosing one is choosing what is listed below. */
function PairTable({ found, series }: { found: Churn; series: ReadonlyMap<string, Series> }) {
  const chosen = findPair(found.pairs, selection.value.kindPair);
  const percent = (share: number) => `${(100 * share).toFixed(2)}%`;
  return (
    <table class="pairs" aria-label="Churn by modality" data-testid="churn-pairs">
      <tbody>
        {found.pairs.map((pair) => {
          const { churn: share, low, high, unrelated } = pair;
          const name = pairName(pair);
          const interval = low !== null && high !== null ? `, 95 % interval ${formatPercent(low)} to ${formatPercent(high)}` : "";
          const words = `${formatPercent(share)} of the nearest gone${interval}; ${formatPercent(unrelated)} without any relation; ${pair.tokens} tokens of ${pair.examples} examples`;
          return (
            <tr key={name} data-chosen={chosen === pair}>
              <th scope="row" data-value={pairTitle(pair)}>
                <button type="button" class="quiet" aria-pressed={chosen === pair} onClick={() => select({ kindPair: name })}>
                  <SeriesMark series={series.get(name)!} /> {pairTitle(pair)}
                </button>
              </th>
              <td class="pair-bar" data-value={words} title={words}>
                <span aria-hidden="true">
                  <i style={{ width: percent(share) }} />
                  {low !== null && high !== null && <b style={{ left: percent(low), width: percent(high - low) }} />}
                  <u style={{ left: percent(unrelated) }} />
                </span>
              </td>
              <td class="number" data-value={share}>
                {formatPercent(share)}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Churn over the steps of every run shown, a line per pair of modalities. */
function Curves({ series, legend }: { series: ReadonlyMap<string, Series>; legend: boolean }) {
  const { churnAgainst } = selection.value;
  const histories = visibleSides.value.flatMap((side) => {
    const found = churnHistoryOf[side].value.value;
    return found ? [{ side, found }] : [];
  });
  const runs = histories.filter(({ found }, index) => histories.findIndex((one) => one.found.run === found.run) === index);
  const drawn = runs.filter(({ found }) => found.pairs.length > 0);
  if (drawn.length === 0) {
    return runs.length > 0 ? <p class="muted">Curves need two or more steps with the same tokens.</p> : null;
  }
  const shown = drawn.map(({ side, found }) => ({ side, found, lines: lines(found, churnAgainst, series) }));
  const extent = valueRange(shown.flatMap((one) => one.lines));
  return (
    <div class="churn-curves">
      {shown.map(({ side, found, lines: drawnLines }) => (
        <ChartFigure
          key={found.run}
          title={<Named side={shown.length > 1 ? side : null} text={TITLES[churnAgainst]} />}
          axis="step"
        >
          <LineChart
            label={formatLabel(`Churn: ${TITLES[churnAgainst]}`, shown.length > 1 && side.toUpperCase())}
            lines={drawnLines}
            marks={histories.flatMap((one) => {
              const step = stepOf[one.side].value;
              return one.found.run === found.run && step !== null ? [{ step, kind: one.side }] : [];
            })}
            extent={extent && [0, extent[1]]}
            onChoose={(step) => moveTo(side, step)}
          />
        </ChartFigure>
      ))}
      {legend && (
        <SeriesLegend
          entries={drawn[0].found.pairs.map((pair) => ({ name: pairTitle(pair), series: series.get(pairName(pair))! }))}
        />
      )}
    </div>
  );
}

const TITLES: Record<ChurnAgainst, string> = {
  previous: "Against the step before",
  first: "Against the first step",
  last: "Against the last step",
};

function lines({ steps, pairs }: ChurnHistory, against: ChurnAgainst, series: ReadonlyMap<string, Series>): Line[] {
  const numbers = (values: readonly (number | null)[]) => values.map((value) => value ?? NaN);
  return pairs.map((pair) => ({
    name: pairTitle(pair),
    steps,
    values: numbers(pair[against].churn),
    low: numbers(pair[against].low),
    high: numbers(pair[against].high),
    kind: "series",
    series: series.get(pairName(pair)),
  }));
}
