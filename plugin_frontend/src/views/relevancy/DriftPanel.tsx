import { moveTo } from "../../actions";
import { runOf } from "../../catalogue";
import { ChartFigure } from "../../elements/ChartFigure";
import { LineChart, valueRange } from "../../elements/LineChart";
import { Named } from "../../elements/Named";
import { Notice, Panel } from "../../elements/Panel";
import { Select } from "../../elements/Select";
import { SeriesLegend } from "../../elements/SeriesLegend";
import { formatLabel } from "../../lib/format";
import { driftOf, methodsShown, seriesFor } from "../../relevancy";
import { select, selection, visibleSides } from "../../state";
import { runsCompared, stepMarks } from "./compared";
import { driftLines, driftMeasures } from "./drift";

const AGAINST = [
  ["previous", "Against the step before"],
  ["last", "Against the last step"],
] as const;

/** How the example's maps change over the steps. */
export function DriftPanel() {
  const sides = visibleSides.value.flatMap((side) => {
    const [run, drifts] = [runOf[side].value, driftOf[side].value.value];
    return run !== null && drifts ? [{ side, run, drifts }] : [];
  });
  const compared = runsCompared(sides);
  const progress = visibleSides.value.map((side) => driftOf[side]);
  const failed = progress.find(({ error }) => error.value !== null);
  const measures = driftMeasures(compared.map(({ drifts }) => drifts));
  const measure = measures.find(({ name }) => name === selection.value.drift) ?? measures[0];
  const shown = compared.flatMap((one) =>
    AGAINST.map(([against, title]) => ({ ...one, title, lines: measure ? driftLines(one.drifts, measure.name, against) : [] })),
  );
  const defined = shown.filter(({ lines }) => lines.length > 0);
  const extent = valueRange(defined.flatMap(({ lines }) => lines));
  return (
    <Panel
      class="drift"
      testId="drift"
      title="Drift of this example’s maps"
      loading={progress.some(({ loading }) => loading.value)}
      error={failed?.error.value}
      onRetry={failed?.retry}
      aside={
        measures.length > 1 && (
          <Select
            label="Measure of the drift"
            options={measures.map(({ name, title }) => ({ value: name, label: title }))}
            value={measure.name}
            onChoose={(drift) => select({ drift })}
          />
        )
      }
    >
      {defined.length === 0 ? (
        <Notice>Drift compares the maps of two or more steps; fewer were logged.</Notice>
      ) : (
        <>
          <p class="description">{measure.description}</p>
          <div class="charts">
            {defined.map(({ run, side, title, lines }) => (
              <ChartFigure key={`${run} ${title}`} title={<Named side={compared.length > 1 ? side : null} text={title} />} axis="step">
                <LineChart
                  label={formatLabel(`${measure.title}: ${title}`, compared.length > 1 && side.toUpperCase())}
                  lines={lines}
                  marks={stepMarks(run)}
                  extent={extent}
                  onChoose={(step) => moveTo(side, step)}
                />
              </ChartFigure>
            ))}
          </div>
          {methodsShown.value.length > 1 && (
            <SeriesLegend
              entries={methodsShown.value.map(({ name, title }) => ({ name: title, series: seriesFor(name) }))}
            />
          )}
        </>
      )}
    </Panel>
  );
}
