import { describe, expect, it } from "vitest";
import type { CohortHistory } from "../../src/schema";
import { budgetChange, budgetOfLayers, budgetOfSteps, partsSpent } from "../../src/views/heads/budget";

const NAMES = ["budget_image", "budget_prompt", "budget_generated", "budget_special", "budget_sink"];

/** Two steps of two layers: image from 0.5 and 0.25 to 0.75 and not defined, the rest special. */
function history(change: Partial<CohortHistory> = {}): CohortHistory {
  const image = [0.5, 0.25, 0.75, NaN];
  const parts = [image, [0, 0, 0, NaN], [0, 0, 0, NaN], image.map((share) => 1 - share), [0, 0, 0, NaN]];
  return {
    statistics: NAMES,
    steps: [100, 300],
    layers: 2,
    heads: 1,
    mean: new Float32Array(),
    low: new Float32Array(),
    high: new Float32Array(),
    layerMean: Float32Array.from(parts.flat()),
    emergence: new Int32Array(),
    emergenceRule: "",
    ...change,
  };
}

describe("the budget of attention", () => {
  const spent = partsSpent([history()]);

  it("has those parts that get any, from the image up to the sinks", () => {
    expect(spent.map(({ name }) => name)).toEqual(["image", "special"]);
  });

  it("of the layers is that at the step shown, not defined at a step that was not logged", () => {
    const valuesAt = (step: number) => budgetOfLayers(history(), spent, step).map(({ values }) => values);
    expect(valuesAt(100)).toEqual([[0.5, 0.25], [0.5, 0.75]]);
    expect(valuesAt(200)).toEqual([[NaN, NaN], [NaN, NaN]]);
  });

  it("of the steps is that of one layer, or the mean of those layers that have one", () => {
    const image = (layer: number | "mean") => budgetOfSteps(history(), spent, layer)[0].values;
    expect(image(1)).toEqual([0.25, NaN]);
    expect(image("mean")).toEqual([0.375, 0.75]);
  });

  it("changes from A to B where both have the place, in percentage points", () => {
    const [image] = budgetChange(
      spent,
      { places: [0, 1], parts: budgetOfLayers(history(), spent, 100) },
      { places: [1, 2], parts: budgetOfLayers(history(), spent, 300) },
    );
    expect([image.name, image.steps, image.values]).toEqual(["image", [1], [50]]);
  });
});
