import { moveTo } from "../../../actions";
import { runOf, stepOf } from "../../../catalogue";
import { shownDepth } from "../../../data";
import { ChartFigure } from "../../../elements/ChartFigure";
import { LineChart } from "../../../elements/LineChart";
import { ckaHistoryOf } from "../../../geometry";
import { visibleSides } from "../../../state";
import { movementLines, oneOfEachRun } from "./curves";

const AGAINST = [
  ["first", "With itself at the first step"],
  ["previous", "With itself at the step before"],
] as const;

/** How far each layer has moved over the steps. */
export function Movement() {
  const sides = visibleSides.value;
  const loaded = sides.flatMap((side) => {
    const [run, history] = [runOf[side].value, ckaHistoryOf[side].value.value];
    return run !== null && history ? [{ side, run, history }] : [];
  });
  const runs = oneOfEachRun(loaded);
  const depth = shownDepth.value;
  const failed = sides.map((side) => ckaHistoryOf[side]).find(({ error }) => error.value !== null);
  const steps = Math.max(0, ...runs.map(({ history }) => history.steps.length));
  const marks = sides.flatMap((side) => {
    const step = stepOf[side].value;
    return step === null ? [] : [{ step, kind: side }];
  });
  if (failed) {
    return (
      <p class="muted" role="alert">
        {failed.error}
      </p>
    );
  }
  if (depth === null || runs.length === 0) return null;
  if (steps < 2) return <p class="muted">How far layers move needs two or more steps; one was logged.</p>;
  return (
    <div class="charts" data-testid="movement">
      {AGAINST.map(([against, title]) => (
        <ChartFigure key={against} title={title} note={`CKA of layer ${depth}; faint: the other layers`} axis="step">
          <LineChart
            label={`CKA of each layer: ${title}`}
            lines={movementLines(runs, against, depth)}
            marks={marks}
            extent={[0, 1]}
            onChoose={(step) => moveTo(sides[0], step)}
          />
        </ChartFigure>
      ))}
    </div>
  );
}
