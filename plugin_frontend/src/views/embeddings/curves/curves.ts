/** Lines of the measures of hidden states over layers and over steps. */

import type { Line } from "../../../elements/LineChart";
import { formatStep } from "../../../lib/format";
import type { Series } from "../../../lib/series";
import type { Side } from "../../../lib/selection";
import type { CkaHistory, Geometry } from "../../../schema";

/** Measures that share a chart. */
export interface MeasureGroup {
  name: string;
  title: string;
  unit: string;
  description: string;
  /** Names of the parts and their measures' places among all; one with an empty name where there are none. */
  parts: { part: string; place: number }[];
}

export interface SideGeometry {
  side: Side;
  run: string;
  step: number;
  geometry: Geometry;
}

const COLOURS: Record<string, string> = { text: "var(--text)", image: "var(--image)" };
const OTHER_COLOUR = "var(--muted)";
const DASH_OF_B = "6 3";
const DASH_OF_OTHER = "2 3";

/** More lines than this in the background are an area. */
const MOST_CONTEXT_STEPS = 24;

export function measureGroups({ measures }: Geometry): MeasureGroup[] {
  const groups = new Map<string, MeasureGroup>();
  measures.forEach(({ group, part, title, unit, description }, place) => {
    const known = groups.get(group) ?? { name: group, title, unit, description, parts: [] };
    known.parts.push({ part, place });
    groups.set(group, known);
  });
  return [...groups.values()];
}

/** How a part looks; B's lines are dashed. Null where the sides alone are to be told apart. */
export function lookOf(part: string, side: Side): Series | undefined {
  if (part === "") return undefined;
  const dash = side === "b" ? DASH_OF_B : part in COLOURS ? null : DASH_OF_OTHER;
  return { colour: COLOURS[part] ?? OTHER_COLOUR, dash };
}

/** A line per side and part at its step; behind them the other steps. */
export function linesOverLayers({ parts }: MeasureGroup, sides: readonly SideGeometry[]): Line[] {
  const lines = (of: SideGeometry, step: number, front: boolean) =>
    parts.map(({ part, place }): Line => {
      const name = joined(named(of, sides), `step ${formatStep(step)}`, part);
      return drawn(name, of, part, front, of.geometry.layers, (layer) => valueOf(of.geometry, place, step, layer));
    });
  return [
    ...oneOfEachRun(sides).flatMap((of) => contextSteps(of.geometry.steps).flatMap((step) => lines(of, step, false))),
    ...sides.flatMap((of) => lines(of, of.step, true)),
  ];
}

/** A line per run and part in the chosen layer; behind them the other layers. */
export function linesOverSteps({ parts }: MeasureGroup, sides: readonly SideGeometry[], chosen: number): Line[] {
  const runs = oneOfEachRun(sides);
  const lines = (of: SideGeometry, layer: number, front: boolean) =>
    parts.map(({ part, place }): Line => {
      const name = joined(named(of, runs), `layer ${layer}`, part);
      return drawn(name, of, part, front, of.geometry.steps, (step) => valueOf(of.geometry, place, step, layer));
    });
  return [
    ...runs.flatMap((of) => of.geometry.layers.flatMap((layer) => (layer === chosen ? [] : lines(of, layer, false)))),
    ...runs.flatMap((of) => (of.geometry.layers.includes(chosen) ? lines(of, chosen, true) : [])),
  ];
}

/** B minus A over the layers that both have. */
export function changeOverLayers({ parts, title }: MeasureGroup, a: SideGeometry, b: SideGeometry): Line[] {
  const layers = a.geometry.layers.filter((layer) => b.geometry.layers.includes(layer));
  return parts.map(({ part, place }) =>
    changed(part, title, layers, (layer) => {
      return valueOf(b.geometry, place, b.step, layer) - valueOf(a.geometry, place, a.step, layer);
    }),
  );
}

/** B's run minus A's at the steps that both have, in the chosen layer. */
export function changeOverSteps({ parts, title }: MeasureGroup, a: SideGeometry, b: SideGeometry, layer: number): Line[] {
  const steps = a.geometry.steps.filter((step) => b.geometry.steps.includes(step));
  return parts.map(({ part, place }) =>
    changed(part, title, steps, (step) => {
      return valueOf(b.geometry, place, step, layer) - valueOf(a.geometry, place, step, layer);
    }),
  );
}

/** How alike a layer is to itself before: strong the chosen layer, behind it the others. */
export function movementLines(
  histories: readonly { side: Side; history: CkaHistory }[],
  against: "first" | "previous",
  chosen: number,
): Line[] {
  const lines = histories.flatMap(({ side, history }) =>
    history.layers.map((layer, index): Line => {
      const values = history.steps.map((_, step) => history[against][step * history.layers.length + index]);
      const name = joined(histories.length > 1 ? side.toUpperCase() : "", `layer ${layer}`);
      return { name, steps: history.steps, values, kind: layer === chosen ? side : "context" };
    }),
  );
  return [...lines.filter(({ kind }) => kind === "context"), ...lines.filter(({ kind }) => kind !== "context")];
}

/** The value of a measure, NaN where there is none. */
export function valueOf(geometry: Geometry, place: number, step: number, layer: number): number {
  const { steps, layers, values } = geometry;
  const [row, column] = [steps.indexOf(step), layers.indexOf(layer)];
  return row < 0 || column < 0 ? NaN : values[(place * steps.length + row) * layers.length + column];
}

/** Those of the sides whose run no earlier one has. */
export function oneOfEachRun<T extends { run: string }>(sides: readonly T[]): T[] {
  return sides.filter(({ run }, index) => sides.findIndex((other) => other.run === run) === index);
}

function drawn(
  name: string,
  { side }: SideGeometry,
  part: string,
  front: boolean,
  steps: readonly number[],
  valueAt: (place: number) => number,
): Line {
  const look = lookOf(part, side);
  const line = { name, steps, values: steps.map(valueAt) };
  if (front) return look ? { ...line, kind: "series", series: look } : { ...line, kind: side };
  const faint = look && { colour: `color-mix(in srgb, ${look.colour} 30%, transparent)`, dash: null };
  return { ...line, kind: "context", series: faint };
}

/** A line of differences: neither of A nor of B. */
function changed(part: string, title: string, steps: readonly number[], valueAt: (place: number) => number): Line {
  const series = lookOf(part, "a") ?? { colour: "var(--ink)", dash: null };
  return { name: part || title, steps, values: steps.map(valueAt), kind: "series", series };
}

/** The side, where lines of more than one stand together. */
function named({ side }: SideGeometry, among: readonly SideGeometry[]): string {
  return oneOfEachRun(among).length > 1 ? side.toUpperCase() : "";
}

function joined(...words: string[]): string {
  return words.filter(Boolean).join(", ");
}

/** Evenly spaced ones of very many. */
function contextSteps(steps: readonly number[]): number[] {
  const every = Math.ceil(steps.length / MOST_CONTEXT_STEPS);
  return steps.filter((_, index) => index % every === 0);
}
