import { describe, expect, it } from "vitest";
import type { CkaHistory, Geometry, GeometryMeasure } from "../../src/schema";
import {
  changeOverLayers,
  changeOverSteps,
  linesOverLayers,
  linesOverSteps,
  measureGroups,
  movementLines,
  valueOf,
  type SideGeometry,
} from "../../src/views/embeddings/curves/curves";

function measure(group: string, part: string): GeometryMeasure {
  return { name: part ? `${group}_${part}` : group, group, part, title: group.toUpperCase(), unit: "", description: "" };
}

const MEASURES = [measure("gap", ""), measure("norm", "text"), measure("norm", "image")];

/** The value of a measure is its place in hundreds plus the step plus the layer. */
function geometry(steps: number[], layers: number[], plus = 0): Geometry {
  const values = MEASURES.flatMap((_, place) =>
    steps.flatMap((step) => layers.map((layer) => 100 * place + step + layer + plus)),
  );
  const cells = steps.length * layers.length;
  return {
    measures: MEASURES,
    steps,
    layers,
    values: Float32Array.from(values),
    largest: new Float32Array(cells),
    feature: new Int32Array(cells),
    samples: steps.map(() => 3),
    sampled: steps.map(() => null),
  };
}

const A: SideGeometry = { side: "a", run: "one", step: 10, geometry: geometry([10, 20, 30], [1, 4]) };
const B: SideGeometry = { ...A, side: "b", step: 30 };
const OTHER: SideGeometry = { side: "b", run: "two", step: 20, geometry: geometry([20, 30, 40], [4, 5], 0.5) };
const [gap, norm] = measureGroups(A.geometry);

const front = (lines: ReturnType<typeof linesOverLayers>) => lines.filter(({ kind }) => kind !== "context");
const behind = (lines: ReturnType<typeof linesOverLayers>) => lines.filter(({ kind }) => kind === "context");

describe("curves of the geometry", () => {
  it("share a chart by group, in the order of the measures", () => {
    expect([gap, norm].map(({ name, parts }) => [name, parts.map(({ part, place }) => `${part} ${place}`)])).toEqual([
      ["gap", [" 0"]],
      ["norm", ["text 1", "image 2"]],
    ]);
    expect(valueOf(A.geometry, 1, 30, 4)).toBe(134);
    expect(valueOf(A.geometry, 1, 40, 4)).toBeNaN();
    expect(valueOf(A.geometry, 1, 30, 2)).toBeNaN();
  });

  it("over layers have a line per side in front of the other steps", () => {
    const lines = linesOverLayers(gap, [A, B]);
    expect(front(lines).map(({ name, kind, steps, values }) => ({ name, kind, steps, values }))).toEqual([
      { name: "step 10", kind: "a", steps: [1, 4], values: [11, 14] },
      { name: "step 30", kind: "b", steps: [1, 4], values: [31, 34] },
    ]);
    expect(behind(lines).map(({ name }) => name)).toEqual(["step 10", "step 20", "step 30"]);
    expect(lines.indexOf(front(lines)[0])).toBe(3);
  });

  it("tell text and image by colour and B by dashes, and two runs by their sides", () => {
    const lines = front(linesOverLayers(norm, [A, OTHER]));
    expect(lines.map(({ name, series }) => `${name}: ${series!.colour} ${series!.dash}`)).toEqual([
      "A, step 10, text: var(--text) null",
      "A, step 10, image: var(--image) null",
      "B, step 20, text: var(--text) 6 3",
      "B, step 20, image: var(--image) 6 3",
    ]);
  });

  it("over steps have a line per run in the chosen layer, in front of the other layers", () => {
    const once = linesOverSteps(gap, [A, B], 4);
    expect(front(once).map(({ name, steps, values }) => ({ name, steps, values }))).toEqual([
      { name: "layer 4", steps: [10, 20, 30], values: [14, 24, 34] },
    ]);
    expect(behind(once).map(({ name }) => name)).toEqual(["layer 1"]);
    const twice = linesOverSteps(gap, [A, OTHER], 5);
    expect(front(twice).map(({ name }) => name)).toEqual(["B, layer 5"]);
    expect(behind(twice).map(({ name }) => name)).toEqual(["A, layer 1", "A, layer 4", "B, layer 4"]);
  });

  it("of very many steps show evenly spaced ones behind", () => {
    const many = { ...A, step: 7, geometry: geometry([...Array(100).keys()], [0]) };
    expect(behind(linesOverLayers(gap, [many])).length).toBeLessThanOrEqual(24);
  });

  it("of a difference are B minus A where both have the layer or the step", () => {
    expect(changeOverLayers(norm, A, OTHER).map(({ name, steps, values }) => ({ name, steps, values }))).toEqual([
      { name: "text", steps: [4], values: [10.5] },
      { name: "image", steps: [4], values: [10.5] },
    ]);
    expect(changeOverSteps(gap, A, OTHER, 4)[0]).toMatchObject({ name: "GAP", steps: [20, 30], values: [0.5, 0.5] });
  });
});

describe("how far layers moved", () => {
  const history: CkaHistory = {
    steps: [0, 5],
    layers: [2, 3],
    first: Float32Array.of(NaN, NaN, 0.5, 0.25),
    previous: Float32Array.of(NaN, NaN, 0.75, 1),
    points: 9,
  };

  it("has the chosen layer in front, of each run", () => {
    const lines = movementLines([{ side: "a", history }, { side: "b", history }], "first", 3);
    expect(lines.map(({ name, kind, values }) => [name, kind, values[1]])).toEqual([
      ["A, layer 2", "context", 0.5],
      ["B, layer 2", "context", 0.5],
      ["A, layer 3", "a", 0.25],
      ["B, layer 3", "b", 0.25],
    ]);
    expect(movementLines([{ side: "a", history }], "previous", 2).map(({ name, values }) => [name, values[1]])).toEqual([
      ["layer 3", 1],
      ["layer 2", 0.75],
    ]);
  });
});
