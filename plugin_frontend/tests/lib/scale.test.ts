import { describe, expect, it } from "vitest";
import { divergingScale, position, range, rescaled, sequentialScale, ticks, valueAt } from "../../src/lib/scale";

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

describe("other ways from numbers to colours", () => {
  const values = [0, 0.001, 0.01, 0.1, 1];
  const linear = sequentialScale([values]);

  it("a logarithmic scale gives each power of ten the same length", () => {
    const scale = rescaled(linear, [values], "log");
    expect(values.map((value) => position(scale, value))).toEqual([0, 0, 1 / 3, 2 / 3, 1].map((share) => expect.closeTo(share)));
    expect(valueAt(scale, 1 / 3)).toBeCloseTo(0.01);
  });

  it("ranks are evenly spread, and what is the same gets the same", () => {
    const scale = rescaled(linear, [[5, 1, 1, 9, 7]], "rank");
    expect([1, 5, 7, 9].map((value) => position(scale, value))).toEqual([0.125, 0.5, 0.75, 1]);
    expect(valueAt(scale, 0.5)).toBe(5);
  });

  it("a clipped scale ends at the 1st and 99th percentile", () => {
    const many = Array.from({ length: 101 }, (_, index) => index);
    const scale = rescaled(sequentialScale([many]), [many], "clipped");
    expect([scale.low, scale.high]).toEqual([1, 99]);
    expect(position(scale, 100)).toBe(1);
  });

  it("of differences stay symmetric about zero", () => {
    const changes = [-0.1, 0, 0.001, 0.1];
    for (const scaling of ["log", "rank", "clipped"] as const) {
      const scale = rescaled(divergingScale([changes]), [changes], scaling);
      expect(position(scale, 0)).toBe(0.5);
      expect(position(scale, 0.05) + position(scale, -0.05)).toBeCloseTo(1);
    }
  });

  it("leave what is not defined undefined", () => {
    for (const scaling of ["log", "rank"] as const) expect(position(rescaled(linear, [values], scaling), NaN)).toBeNaN();
  });
});
