import { moveTo } from "../../actions";
import { ChartFigure } from "../../elements/ChartFigure";
import { LineChart, valueRange } from "../../elements/LineChart";
import { Named } from "../../elements/Named";
import { Notice, Panel } from "../../elements/Panel";
import { Segmented } from "../../elements/Segmented";
import { SeriesLegend } from "../../elements/SeriesLegend";
import { formatLabel, formatPercent, formatStep } from "../../lib/format";
import { evaluationsOf } from "../../relevancy";
import { select, selection, visibleSides } from "../../state";
import { runsCompared, sidesEvaluated, stepMarks, type SideEvaluated } from "./compared";
import { areaCharts, curveCharts, curveStep, legendOf, modalitiesOf, type ChartShown } from "./evaluation";
import { EvaluationPicker, Problems } from "./EvaluationPicker";

/** What becomes of the metric as tokens are removed in the order of the maps. */
export function Faithfulness() {
  const sides = sidesEvaluated();
  const modalities = modalitiesOf(sides.map(({ evaluation }) => evaluation));
  const modality = modalities.find((name) => name === selection.value.modality) ?? modalities[0];
  const progress = visibleSides.value.map((side) => evaluationsOf[side]);
  const failed = progress.find(({ error }) => error.value !== null);
  const curves = modality === undefined ? [] : curvesShown(sides, modality);
  const areas = modality === undefined ? [] : areasShown(sides, modality);
  const curveExtent = valueRange(curves.flatMap(({ chart }) => chart.lines));
  const areaExtent = valueRange(areas.flatMap(({ chart }) => chart.lines));
  const samples = samplesOf(sides, modality);
  return (
    <Panel
      testId="faithfulness"
      title="Faithfulness"
      loading={progress.some(({ loading }) => loading.value)}
      error={failed?.error.value}
      onRetry={failed?.retry}
      aside={
        <>
          <EvaluationPicker sides={sides} />
          {modalities.length > 1 && (
            <Segmented
              name="Tokens removed"
              value={modality}
              choices={modalities.map((value) => ({ value, label: value, title: `Remove ${value} tokens` }))}
              onChoose={(value) => select({ modality: value })}
            />
          )}
        </>
      }
    >
      {curves.length + areas.length === 0 ? (
        <Notice>
          No perturbation test was logged. Log its curves with <code>writer.add_vl_evaluation(tag, evaluation, step)</code>.
        </Notice>
      ) : (
        <>
          <Problems sides={sides} />
          <p class="description">
            {modality === "image" ? "Image tokens" : `The ${modality} tokens`} are removed in the order of each method’s
            maps, mean over {samples} samples. The more faithful the maps, the sooner the metric falls when the most
            relevant go first, and the longer it holds when the least relevant do. Bands: one standard error.
          </p>
          <div class="charts">
            {curves.map(({ chart, side, step }) => (
              <ChartFigure
                key={`${side} ${chart.name}`}
                title={<Named side={sides.length > 1 ? side : null} text={chart.title} />}
                note={`step ${formatStep(step)}: ${chart.description}`}
                axis={`share of ${modality} tokens removed`}
              >
                <LineChart
                  label={formatLabel(chart.title, chart.description, `at step ${formatStep(step)}`, sides.length > 1 && side.toUpperCase())}
                  lines={chart.lines}
                  marks={[]}
                  extent={curveExtent}
                  formatX={formatPercent}
                  describeX={(share) => `${formatPercent(share)} removed`}
                />
              </ChartFigure>
            ))}
            {areas.map(({ chart, side, run }) => (
              <ChartFigure
                key={`${run} ${chart.name} area`}
                title={<Named side={runsCompared(sides).length > 1 ? side : null} text={`Area, ${chart.title.toLowerCase()}`} />}
                note={`under the curve over training: ${chart.description}`}
                axis="step"
              >
                <LineChart
                  label={formatLabel(`Area under ${chart.title}, ${chart.description}, over the steps`, runsCompared(sides).length > 1 && side.toUpperCase())}
                  lines={chart.lines}
                  marks={stepMarks(run)}
                  extent={areaExtent}
                  onChoose={(step) => moveTo(side, step)}
                />
              </ChartFigure>
            ))}
          </div>
          <SeriesLegend entries={legendOf([...curves, ...areas].map(({ chart }) => chart))} />
        </>
      )}
    </Panel>
  );
}

interface Shown extends SideEvaluated {
  chart: ChartShown;
}

function curvesShown(sides: readonly SideEvaluated[], modality: string): Shown[] {
  return sides.flatMap((side) => {
    const step = curveStep(side.evaluation, modality, side.step);
    if (step === null) return [];
    return curveCharts(side.evaluation, modality, step).map((chart) => ({ ...side, step, chart }));
  });
}

function areasShown(sides: readonly SideEvaluated[], modality: string): Shown[] {
  return runsCompared(sides).flatMap((side) =>
    areaCharts(side.evaluation, modality)
      .filter(({ lines }) => lines.some(({ steps }) => steps.length > 1))
      .map((chart) => ({ ...side, chart })),
  );
}

function samplesOf(sides: readonly SideEvaluated[], modality: string | undefined): string {
  const counts = sides.flatMap(({ evaluation: { curves } }) =>
    curves.filter((curve) => curve.modality === modality).flatMap(({ samples }) => samples.filter((count) => count > 0)),
  );
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? String(least) : `${least} to ${most}`;
}
