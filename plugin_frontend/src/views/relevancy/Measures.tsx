import { moveTo } from "../../actions";
import { ChartFigure } from "../../elements/ChartFigure";
import { LineChart, valueRange } from "../../elements/LineChart";
import { Named } from "../../elements/Named";
import { Notice, Panel } from "../../elements/Panel";
import { SeriesLegend } from "../../elements/SeriesLegend";
import { formatLabel } from "../../lib/format";
import { evaluationsOf } from "../../relevancy";
import { visibleSides } from "../../state";
import { runsCompared, sidesEvaluated, stepMarks } from "./compared";
import { legendOf, measureCharts } from "./evaluation";
import { EvaluationPicker, Problems } from "./EvaluationPicker";

/** Grounding and whatever else was measured over samples, over the steps. */
export function Measures() {
  const sides = sidesEvaluated();
  const progress = visibleSides.value.map((side) => evaluationsOf[side]);
  const failed = progress.find(({ error }) => error.value !== null);
  const compared = runsCompared(sides);
  const shown = compared.flatMap((side) =>
    measureCharts(side.evaluation).map((chart) => ({ ...side, chart })),
  );
  // The same measure stands side by side for both runs.
  const order = [...new Set(shown.map(({ chart }) => chart.name))];
  shown.sort((first, second) => order.indexOf(first.chart.name) - order.indexOf(second.chart.name));
  const extentOf = (name: string) =>
    valueRange(shown.filter(({ chart }) => chart.name === name).flatMap(({ chart }) => chart.lines));
  return (
    <Panel
      testId="measures"
      title="Grounding and other measures"
      loading={progress.some(({ loading }) => loading.value)}
      error={failed?.error.value}
      onRetry={failed?.retry}
      aside={<EvaluationPicker sides={sides} />}
    >
      {shown.length === 0 ? (
        <Notice>
          No measure was logged. Log some with <code>writer.add_vl_evaluation(tag, evaluation, step)</code>.
        </Notice>
      ) : (
        <>
          <Problems sides={sides} />
          <div class="charts">
            {shown.map(({ chart, side, run }) => (
              <ChartFigure
                key={`${run} ${chart.name}`}
                title={<Named side={compared.length > 1 ? side : null} text={chart.title} />}
                note={chart.description}
                axis="step"
              >
                <LineChart
                  label={formatLabel(`${chart.title} over the steps`, compared.length > 1 && side.toUpperCase())}
                  lines={chart.lines}
                  marks={stepMarks(run)}
                  extent={extentOf(chart.name)}
                  onChoose={(step) => moveTo(side, step)}
                />
              </ChartFigure>
            ))}
          </div>
          <SeriesLegend entries={legendOf(shown.map(({ chart }) => chart))} />
        </>
      )}
    </Panel>
  );
}
