import { describe, expect, it } from "vitest";
import type { CohortHistory } from "../../src/schema";
import { emergenceOf, headOverSteps, historyRange } from "../../src/views/heads/history";

const [STATISTICS, STEPS, LAYERS, HEADS] = [2, 3, 2, 4];

/** Statistic s of layer l and head h at the i-th step is `1000 i + 100 s + 10 l + h`, within 1. */
function history(): CohortHistory {
  const mean: number[] = [];
  const layerMean: number[] = [];
  for (let statistic = 0; statistic < STATISTICS; statistic++) {
    for (let step = 0; step < STEPS; step++) {
      for (let layer = 0; layer < LAYERS; layer++) {
        const start = 1000 * step + 100 * statistic + 10 * layer;
        layerMean.push(start + 1.5);
        for (let head = 0; head < HEADS; head++) mean.push(start + head);
      }
    }
  }
  const emergence = new Int32Array(STATISTICS * LAYERS * HEADS).fill(-1);
  emergence[(1 * LAYERS + 1) * HEADS + 2] = 1;
  return {
    statistics: ["entropy", "hoyer"],
    steps: [0, 50, 300],
    layers: LAYERS,
    heads: HEADS,
    mean: Float32Array.from(mean),
    low: Float32Array.from(mean, (value) => value - 1),
    high: Float32Array.from(mean, (value) => value + 1),
    layerMean: Float32Array.from(layerMean),
    emergence,
    emergenceRule: "",
  };
}

describe("a head over the steps", () => {
  it("is cut out with the bounds of its interval", () => {
    const over = headOverSteps(history(), "hoyer", 1, 2);
    expect(over).toEqual({ steps: [0, 50, 300], values: [112, 1112, 2112], low: [111, 1111, 2111], high: [113, 1113, 2113] });
  });

  it("as the layer's mean has no bounds", () => {
    const over = headOverSteps(history(), "entropy", 1, "mean");
    expect(over).toMatchObject({ values: [11.5, 1011.5, 2011.5], low: [NaN, NaN, NaN] });
  });

  it("that was not logged is not defined", () => {
    expect(headOverSteps(history(), "gini", 0, 0).values).toEqual([NaN, NaN, NaN]);
    expect(headOverSteps(history(), "entropy", 2, 0).values).toEqual([NaN, NaN, NaN]);
    expect(headOverSteps(history(), "entropy", 0, 4).values).toEqual([NaN, NaN, NaN]);
  });

  it("emerges at a step, or never", () => {
    expect(emergenceOf(history(), "hoyer", 1, 2)).toBe(50);
    expect(emergenceOf(history(), "hoyer", 1, 1)).toBeNull();
    expect(emergenceOf(history(), "gini", 1, 2)).toBeNull();
  });

  it("shares its scale with all heads of the block", () => {
    expect(historyRange(history(), "hoyer")).toEqual([100, 2113]);
    expect(historyRange(history(), "gini")).toBeNull();
  });
});
