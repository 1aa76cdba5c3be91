import { describe, expect, it } from "vitest";
import { differenceScale, mergedCounts, WEIGHT_OF_CODE, weightScale } from "../../src/lib/matrix_scale";
import { position } from "../../src/lib/scale";
import { SCALINGS, type Scaling } from "../../src/lib/selection";

function counts(entries: Record<number, number>): Float64Array {
  const found = new Int32Array(256);
  for (const [code, count] of Object.entries(entries)) found[Number(code)] = count;
  return mergedCounts([found]);
}

function places(scaling: Scaling, of: Float64Array): Float32Array {
  return WEIGHT_OF_CODE.map((weight) => position(weightScale(scaling, of), weight));
}

const SKEWED = counts({ 0: 5000, 10: 600, 20: 390, 200: 9, 255: 1 });

describe("the colours of weights", () => {
  it("grow with the weight on every scale", () => {
    for (const scaling of SCALINGS) {
      const found = places(scaling, SKEWED);
      found.forEach((place, code) => {
        expect(place).toBeGreaterThanOrEqual(code === 0 ? 0 : found[code - 1]);
        expect(place).toBeLessThanOrEqual(1);
      });
    }
  });

  it("are in proportion to it on a linear scale, up to the largest", () => {
    const found = places("linear", counts({ 100: 3, 200: 1 }));
    expect(found[200]).toBe(1);
    expect(found[100]).toBeCloseTo(0.25);
  });

  it("leave out the largest hundredth on a clipped scale; zeros do not count", () => {
    const found = places("clipped", counts({ 0: 1e7, 10: 6000, 20: 3999, 255: 1 }));
    expect(found[20]).toBe(1);
    expect(found[10]).toBe(0);
  });

  it("give each factor of ten the same room on a logarithmic scale", () => {
    const found = places("log", counts({ 2: 9, 200: 1 }));
    expect(found[20]).toBeCloseTo(0.5, 5);
  });

  it("are the share of smaller weights on a scale by rank; zeros do not count", () => {
    const found = places("rank", SKEWED);
    expect(found[0]).toBe(0);
    expect(found[10]).toBeCloseTo(0.3, 2);
    expect(found[20]).toBeCloseTo(0.6 + 0.195, 2);
  });

  it("are on one scale for all matrices shown", () => {
    const [small, large] = [new Int32Array(256), new Int32Array(256)];
    [small[50], large[250]] = [4, 4];
    expect(places("linear", mergedCounts([small, large]))[50]).toBeCloseTo(0.04);
  });

  it("do not fail where nothing, or only zeros, were logged", () => {
    for (const scaling of SCALINGS) {
      for (const none of [counts({}), counts({ 0: 9 })]) {
        for (const place of places(scaling, none)) expect(place).toBeGreaterThanOrEqual(0);
      }
    }
  });
});

describe("the colours of differences", () => {
  it("are symmetric, up to the largest change or its 99th percentile", () => {
    const [b, a] = [new Uint8Array(300).fill(20), new Uint8Array(300).fill(10)];
    [b[0], a[0]] = [0, 255];
    expect(differenceScale("linear", b, a)).toEqual({ low: -1, high: 1, diverging: true });
    const { low, high } = differenceScale("clipped", b, a);
    expect(high).toBeCloseTo(WEIGHT_OF_CODE[20] - WEIGHT_OF_CODE[10]);
    expect(low).toBe(-high);
  });

  it("show equal matrices as no change, on every scale", () => {
    for (const scaling of SCALINGS) {
      expect(position(differenceScale(scaling, new Uint8Array(4), new Uint8Array(4)), 0)).toBe(0.5);
    }
  });
});
