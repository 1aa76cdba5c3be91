import { describe, expect, it } from "vitest";
import type { Evaluation, Measure, PerturbationCurve } from "../../src/schema";
import { driftLines, driftMeasures } from "../../src/views/relevancy/drift";
import {
  areaCharts,
  curveCharts,
  curveStep,
  evaluationShown,
  legendOf,
  measureCharts,
  modalitiesOf,
} from "../../src/views/relevancy/evaluation";

function curve(method: string, change: Partial<PerturbationCurve> = {}): PerturbationCurve {
  return {
    method,
    method_title: `The ${method}`,
    order: "positive",
    modality: "image",
    metric: "accuracy",
    fractions: [0, 1],
    means: [[1, 0], null, [1, 0.5]],
    standard_errors: [[0.1, null], null, [0.1, 0.1]],
    areas: [0.5, null, 0.75],
    samples: [8, 0, 8],
    ...change,
  };
}

function measure(name: string, method: string): Measure {
  const values = { values: [0.1, 0.2, null], standard_errors: [0.01, null, null], samples: [8, 8, 0] };
  return { name, title: `The ${name}`, description: "", unit: "", method, method_title: method, ...values };
}

const evaluation: Evaluation = {
  tag: "val",
  problem: null,
  steps: [0, 100, 200],
  measures: [measure("pointing_game", "relevancy"), measure("agreement", ""), measure("pointing_game", "rollout")],
  curves: [curve("relevancy", { order: "negative" }), curve("random"), curve("relevancy"), curve("relevancy", { modality: "text" })],
};

describe("the evaluation shown", () => {
  const answer = { run: "run", version: "", evaluations: [{ ...evaluation, tag: "test" }, evaluation] };

  it("is the one chosen, else that of the example's set, else the first", () => {
    expect(evaluationShown(answer, "test", "val/007")?.tag).toBe("test");
    expect(evaluationShown(answer, null, "val/007")?.tag).toBe("val");
    expect(evaluationShown(answer, "gone", "validation/007")?.tag).toBe("test");
    expect(evaluationShown(null, null, null)).toBeNull();
  });
});

describe("perturbation curves", () => {
  it("are shown at the nearest step that has some", () => {
    expect(curveStep(evaluation, "image", 120)).toBe(200);
    expect(curveStep(evaluation, "image", 20)).toBe(0);
    expect(curveStep(evaluation, "audio", 0)).toBeNull();
  });

  it("make a chart per order, the most relevant first before the least", () => {
    const charts = curveCharts(evaluation, "image", 0);
    expect(charts.map(({ title, lines }) => [title, lines.map(({ name }) => name)])).toEqual([
      ["Most relevant first", ["The random", "The relevancy"]],
      ["Least relevant first", ["The relevancy"]],
    ]);
    expect(charts[0].lines[0]).toMatchObject({ steps: [0, 1], values: [1, 0], errors: [0.1, NaN] });
  });

  it("of different metrics never share a chart", () => {
    const two = { ...evaluation, curves: [curve("relevancy"), curve("relevancy", { metric: "probability" })] };
    expect(curveCharts(two, "image", 0)).toHaveLength(2);
  });

  it("have an area at the steps that have one, and a line joins those", () => {
    const [chart] = areaCharts(evaluation, "image");
    expect(chart.lines[1]).toMatchObject({ steps: [0, 200], values: [0.5, 0.75] });
  });

  it("are of the modalities whose tokens were removed", () => {
    expect(modalitiesOf([evaluation, evaluation])).toEqual(["image", "text"]);
  });
});

describe("measures", () => {
  it("make a chart each, with a line per method", () => {
    const charts = measureCharts(evaluation);
    expect(charts.map(({ title, lines }) => [title, lines.map(({ name }) => name)])).toEqual([
      ["The pointing_game", ["relevancy", "rollout"]],
      ["The agreement", ["The agreement"]],
    ]);
    expect(charts[0].lines[0]).toMatchObject({ steps: [0, 100], values: [0.1, 0.2], errors: [0.01, NaN] });
  });

  it("have a legend of the methods, without those that are of no method", () => {
    expect(legendOf(measureCharts(evaluation)).map(({ name }) => name)).toEqual(["relevancy", "rollout"]);
  });
});

describe("the drift of maps", () => {
  const changes = (values: (number | null)[]) => ({ previous: values, last: [null, null] });
  const drift = (values: (number | null)[]) => ({
    steps: [0, 10],
    measures: [{ name: "spearman", title: "Rank correlation", description: "", ...changes(values) }],
  });
  const drifts = new Map([["relevancy", drift([null, 0.8])], ["rollout", drift([null, null])]]);

  it("is a line per method that has any", () => {
    expect(driftLines(drifts, "spearman", "previous")).toMatchObject([{ name: "relevancy", steps: [0, 10], values: [NaN, 0.8] }]);
    expect(driftLines(drifts, "spearman", "last")).toEqual([]);
    expect(driftLines(drifts, "unknown", "previous")).toEqual([]);
  });

  it("offers every measure once", () => {
    expect(driftMeasures([drifts, drifts]).map(({ name }) => name)).toEqual(["spearman"]);
  });
});
