import { expect, it } from "vitest";
import { wordSize } from "../../src/lib/patch_words";

it("writes a word as large as its box allows, within bounds", () => {
  expect(wordSize("red", 200, 200)).toBe(20);
  expect(wordSize("red", 200, 15)).toBeCloseTo(10.5);
  expect(wordSize("wonderful", 60, 200)).toBeCloseTo((0.92 * 60) / (0.68 * 9));
});

it("leaves out what could not be read, and nothing", () => {
  expect(wordSize("wonderful", 24, 24)).toBeNull();
  expect(wordSize("", 200, 200)).toBeNull();
});
