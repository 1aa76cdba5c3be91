import { expect, it } from "vitest";
import { sameValues } from "../../src/lib/same_values";

it("lists hold the same values, NaN among them, or differ in one or in length", () => {
  expect(sameValues(Float32Array.of(1, NaN), Float32Array.of(1, NaN))).toBe(true);
  expect(sameValues([1, "mean"], [1, "mean"])).toBe(true);
  expect(sameValues([1, 2], [1, 3])).toBe(false);
  expect(sameValues([1, NaN], [1, 0])).toBe(false);
  expect(sameValues([1], [1, 2])).toBe(false);
});
