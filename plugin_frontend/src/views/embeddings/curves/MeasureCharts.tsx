import { moveTo } from "../../../actions";
import { ChartFigure } from "../../../elements/ChartFigure";
import { LineChart, valueRange, type Line } from "../../../elements/LineChart";
import { SeriesLegend } from "../../../elements/SeriesLegend";
import { formatCount, formatNumber, formatStep } from "../../../lib/format";
import { select, selection } from "../../../state";
import {
  changeOverLayers,
  changeOverSteps,
  linesOverLayers,
  linesOverSteps,
  lookOf,
  measureGroups,
  oneOfEachRun,
  type MeasureGroup,
  type SideGeometry,
} from "./curves";

interface Props {
  /** One, or A and B. */
  sides: readonly SideGeometry[];
  /** The chosen layer. */
  layer: number;
}

/** A chart per measure. */
export function MeasureCharts({ sides, layer }: Props) {
  const { curvesOver, mode } = selection.value;
  const [front] = sides;
  const overSteps = curvesOver === "steps";
  const asDifference = mode === "difference";
  const groups = measureGroups(front.geometry);
  const alone = asDifference && overSteps && oneOfEachRun(sides).length < 2;
  return (
    <>
      <div class="measure-key">
        <p class="description">
          {asDifference && "B − A. "}
          {sample(front)} {overSteps ? `Layer ${layer}.` : `${stepsOf(sides)}.`}
          {!asDifference && ` Faint: the other ${overSteps ? "layers" : "steps"}.`}
        </p>
        <Legend sides={sides} groups={groups} />
      </div>
      {alone ? (
        <p class="muted">A and B are of one run: over its steps there is nothing to subtract. Choose “over layers”, or a second run as B.</p>
      ) : (
        <div class="charts measure-charts">
          {groups.map((group) => (
            <ChartFigure
              key={group.name}
              title={group.unit ? `${group.title} (${group.unit})` : group.title}
              note={group.name === "massive_activation" ? `${largestOf(sides, layer)} ${group.description}` : group.description}
              axis={overSteps ? "step" : "layer"}
            >
              <Chart group={group} sides={sides} layer={layer} overSteps={overSteps} asDifference={asDifference} />
            </ChartFigure>
          ))}
        </div>
      )}
    </>
  );
}

interface ChartProps extends Props {
  group: MeasureGroup;
  overSteps: boolean;
  asDifference: boolean;
}

function Chart({ group, sides, layer, overSteps, asDifference }: ChartProps) {
  const lines = linesShown(group, sides, layer, overSteps, asDifference);
  const [low, high] = valueRange(lines) ?? [0, 1];
  const label = `${asDifference ? "Change of: " : ""}${group.title}, over the ${overSteps ? "steps" : "layers"}`;
  if (overSteps) {
    const marks = sides.map(({ side, step }) => ({ step, kind: side }));
    const [{ side }] = sides;
    return <LineChart label={label} lines={lines} marks={marks} extent={[Math.min(0, low), Math.max(0, high)]} onChoose={(step) => moveTo(side, step)} />;
  }
  return (
    <LineChart
      label={label}
      lines={lines}
      marks={[{ step: layer, kind: "chosen" }]}
      extent={[Math.min(0, low), Math.max(0, high)]}
      formatX={(place) => (Number.isInteger(place) ? String(place) : "")}
      describeX={(place) => `layer ${place}`}
      onChoose={(place) => select({ depth: place })}
    />
  );
}

function linesShown(group: MeasureGroup, sides: readonly SideGeometry[], layer: number, overSteps: boolean, asDifference: boolean): Line[] {
  const [a, b] = sides;
  if (asDifference && b) return overSteps ? changeOverSteps(group, a, b, layer) : changeOverLayers(group, a, b);
  return overSteps ? linesOverSteps(group, sides, layer) : linesOverLayers(group, sides);
}

/** Whose line is whose: modalities by colour, sides by their own colour or by dashes. */
function Legend({ sides, groups }: { sides: readonly SideGeometry[]; groups: readonly MeasureGroup[] }) {
  const { mode } = selection.value;
  const parts = [...new Set(groups.flatMap((group) => group.parts.map(({ part }) => part)))].filter(Boolean);
  const entries = parts.map((part) => ({ name: part, series: lookOf(part, "a")! }));
  const apart = mode === "difference" || sides.length < 2 ? [] : sides;
  return (
    <div class="measure-legend">
      <SeriesLegend entries={entries} />
      {apart.map(({ side }) => (
        <span key={side} class="measure-side">
          <span class={`chip ${side}`}>{side.toUpperCase()}</span> {side === "b" ? "dashed" : "solid"}, or in its colour
        </span>
      ))}
    </div>
  );
}

/** What the numbers are computed of. */
function sample({ geometry, step }: SideGeometry): string {
  const place = geometry.steps.indexOf(step);
  const [samples, sampled] = [geometry.samples[place], geometry.sampled[place]];
  const examples = sampled
    ? `Tokens of ${formatCount(sampled.samples)} of ${formatCount(sampled.of)} examples, the same at every step`
    : `All tokens of ${samples === undefined ? "the" : formatCount(samples)} ${samples === 1 ? "example" : "examples"}`;
  return `${examples}, without special ones and padding.`;
}

function stepsOf(sides: readonly SideGeometry[]): string {
  const steps = [...new Set(sides.map(({ step }) => formatStep(step)))];
  return steps.length > 1 ? `Steps ${steps.join(" and ")}` : `Step ${steps[0]}`;
}

/** Where the largest activation is. */
function largestOf(sides: readonly SideGeometry[], layer: number): string {
  const found = sides.flatMap(({ side, step, geometry: { steps, layers, largest, feature } }) => {
    const [row, column] = [steps.indexOf(step), layers.indexOf(layer)];
    const place = row * layers.length + column;
    if (row < 0 || column < 0 || feature[place] < 0) return [];
    return `${sides.length > 1 ? `${side.toUpperCase()}: ` : ""}${formatNumber(largest[place])} in feature ${feature[place]}`;
  });
  return found.length > 0 ? `Layer ${layer}: ${found.join("; ")}.` : "";
}
