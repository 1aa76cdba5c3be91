import { describe, expect, it } from "vitest";
import { divergingScale, position, range, sequentialScale, ticks } from "../../src/lib/scale";

describe("scales", () => {
  it("span everything shown side by side and skip what is not defined", () => {
    expect(range([NaN, 2], [5, 3])).toEqual([2, 5]);
    expect(range([NaN])).toBeNull();
  });

  it("start at zero for weights", () => {
    expect(sequentialScale([[0.4, 0.5]], true)).toEqual({ low: 0, high: 0.5, diverging: false });
  });

  it("don't waste their colours where all values are far from zero", () => {
    expect(sequentialScale([[0.8, 0.9]]).low).toBe(0.8);
    expect(sequentialScale([[0.1, 0.9]]).low).toBe(0);
  });

  it("include zero where all values are the same but for rounding", () => {
    expect(sequentialScale([[1, 0.99999994]])).toMatchObject({ low: 0, high: 1 });
    expect(sequentialScale([[-2, -2]])).toMatchObject({ low: -2, high: 0 });
  });

  it("are never empty", () => {
    for (const values of [[], [NaN], [0, 0], [3, 3]]) {
      const { low, high } = sequentialScale([values]);
      expect(high).toBeGreaterThan(low);
    }
  });

  it("of differences are symmetric about zero", () => {
    expect(divergingScale([[-0.1], [0.3]])).toEqual({ low: -0.3, high: 0.3, diverging: true });
    expect(position(divergingScale([[-0.1, 0.3]]), 0)).toBe(0.5);
  });

  it("of differences don't blow rounding up to full colour", () => {
    expect(Math.abs(position(divergingScale([[6e-8]]), 6e-8) - 0.5)).toBeLessThan(0.05);
  });

  it("clamp, but keep NaN apart from zero", () => {
    const scale = sequentialScale([[0, 2]]);
    expect(position(scale, 5)).toBe(1);
    expect(position(scale, -5)).toBe(0);
    expect(position(scale, NaN)).toBeNaN();
  });
});

describe("ticks", () => {
  it("are round numbers within the range", () => {
    expect(ticks(0, 900, 5)).toEqual([0, 200, 400, 600, 800]);
    expect(ticks(-0.3, 0.3, 3)).toEqual([-0.2, 0, 0.2]);
    expect(ticks(0.612, 0.987, 3)).toEqual([0.8]);
  });

  it("of an empty range are the one value", () => {
    expect(ticks(4, 4)).toEqual([4]);
  });
});
