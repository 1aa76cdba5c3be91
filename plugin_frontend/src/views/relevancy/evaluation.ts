/** Evaluations over samples as lines of charts. */

import type { Line } from "../../elements/LineChart";
import { nearest } from "../../lib/blocks";
import { seriesFor } from "../../relevancy";
import type { Evaluation, Evaluations, Measure, Order, PerturbationCurve } from "../../schema";

/** Lines that belong together, and what they measure. */
export interface ChartShown {
  name: string;
  title: string;
  description: string;
  lines: Line[];
}

/** The evaluation chosen; at first the one whose tag the example's begins with. */
export function evaluationShown(
  answer: Evaluations | null,
  chosen: string | null,
  example: string | null,
): Evaluation | null {
  const found = answer?.evaluations ?? [];
  return (
    found.find(({ tag }) => tag === chosen) ??
    found.find(({ tag }) => example?.startsWith(`${tag}/`)) ??
    found[0] ??
    null
  );
}

/** Modalities whose tokens were removed, each once. */
export function modalitiesOf(evaluations: readonly Evaluation[]): string[] {
  return [...new Set(evaluations.flatMap(({ curves }) => curves.map(({ modality }) => modality)))];
}

/** The step nearest to the one shown at which curves of the modality were logged, or null. */
export function curveStep({ steps, curves }: Evaluation, modality: string, shown: number): number | null {
  const own = curves.filter((curve) => curve.modality === modality);
  const logged = steps.filter((_, index) => own.some(({ means }) => means[index] !== null));
  return logged.length > 0 ? nearest(logged, shown) : null;
}

/** The metric over the share of tokens removed, at one step: a chart per order and metric. */
export function curveCharts({ steps, curves }: Evaluation, modality: string, step: number): ChartShown[] {
  const index = steps.indexOf(step);
  return grouped(
    curves.filter((curve) => curve.modality === modality && curve.means[index] !== null),
    (curve) => ({
      steps: curve.fractions,
      values: numbers(curve.means[index] ?? []),
      errors: numbers(curve.standard_errors[index] ?? []),
    }),
  );
}

/** The area under each curve over the steps: a chart per order and metric. */
export function areaCharts({ steps, curves }: Evaluation, modality: string): ChartShown[] {
  return grouped(
    curves.filter((curve) => curve.modality === modality),
    ({ areas }) => defined(steps, areas, []),
  );
}

/** Every measure over the steps, a line per method. */
export function measureCharts({ steps, measures }: Evaluation): ChartShown[] {
  const charts = new Map<string, ChartShown>();
  for (const measure of measures) {
    const { name, title, description } = measure;
    const chart = charts.get(name) ?? { name, title, description, lines: [] };
    charts.set(name, chart);
    chart.lines.push({ ...look(measure), ...defined(steps, measure.values, measure.standard_errors) });
  }
  return [...charts.values()];
}

/** Whose lines are whose; a line that is called as its chart needs no telling. */
export function legendOf(charts: readonly ChartShown[]) {
  const lines = charts.flatMap((chart) => chart.lines.filter(({ name }) => name !== chart.title));
  const names = [...new Set(lines.map(({ name }) => name))];
  return names.map((name) => ({ name, series: lines.find((line) => line.name === name)!.series! }));
}

/** JSON has no NaN. */
export function numbers(values: readonly (number | null)[]): number[] {
  return values.map((value) => value ?? NaN);
}

const TITLES: Record<Order, [string, string]> = {
  positive: ["Most relevant first", "lower is better"],
  negative: ["Least relevant first", "higher is better"],
};

function grouped(
  curves: readonly PerturbationCurve[],
  points: (curve: PerturbationCurve) => Pick<Line, "steps" | "values" | "errors">,
): ChartShown[] {
  const charts = new Map<string, ChartShown>();
  for (const curve of curves) {
    const name = `${curve.order} ${curve.metric}`;
    const [title, better] = TITLES[curve.order];
    const chart = charts.get(name) ?? { name, title, description: `${curve.metric}, ${better}`, lines: [] };
    charts.set(name, chart);
    chart.lines.push({ ...look(curve), ...points(curve) });
  }
  return [...charts.values()].sort((first, second) => second.name.localeCompare(first.name));
}

function look({ method, method_title, ...rest }: PerturbationCurve | Measure): Pick<Line, "name" | "kind" | "series"> {
  const name = method === "" && "title" in rest ? rest.title : method_title;
  return { name, kind: "series", series: seriesFor(method) };
}

/** Without the steps that have no value, so that a line joins those that have. */
function defined(steps: readonly number[], values: readonly (number | null)[], errors: readonly (number | null)[]) {
  const kept = steps.map((_, index) => index).filter((index) => (values[index] ?? null) !== null);
  return {
    steps: kept.map((index) => steps[index]),
    values: kept.map((index) => values[index]!),
    errors: kept.map((index) => errors[index] ?? NaN),
  };
}
