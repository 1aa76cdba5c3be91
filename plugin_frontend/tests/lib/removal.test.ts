import { describe, expect, it } from "vitest";
import { findTest, fractionIndex, removedTokens } from "../../src/lib/removal";
import { perturbationTest } from "../manifests";

const test = perturbationTest({ fractions: [0, 0.5, 0.75, 1], removal: [3, 0, 2, 1], removed: [0, 2, 3, 4] });

describe("a perturbation test", () => {
  it("begins with the whole input", () => {
    expect(removedTokens(test, fractionIndex(test, null))).toEqual([]);
  });

  it("takes tokens away in the order of the map", () => {
    expect(removedTokens(test, fractionIndex(test, 0.75))).toEqual([3, 0, 2]);
  });

  it("is shown at the fraction nearest to the one wanted", () => {
    expect(fractionIndex(test, 0.9)).toBe(3);
    expect(fractionIndex(test, 0.55)).toBe(1);
  });
});

describe("the test shown", () => {
  const of = (method: string, order: "positive" | "negative", sequence: string) =>
    perturbationTest({ method, order, sequence });
  const tests = [of("random", "positive", "image"), of("relevancy", "positive", "text"), of("relevancy", "negative", "image")];
  const wanted = { method: "relevancy", order: "positive" as const, sequence: "image", target: null };

  it("is of the method before anything else, then of the sequence, then of the order", () => {
    expect(findTest(tests, wanted)).toBe(tests[2]);
    expect(findTest(tests, { ...wanted, sequence: "text" })).toBe(tests[1]);
    expect(findTest(tests, { ...wanted, method: "random", order: "negative" })).toBe(tests[0]);
  });

  it("is none where none was logged", () => {
    expect(findTest([], wanted)).toBeNull();
  });
});
