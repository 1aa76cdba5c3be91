import { describe, expect, it } from "vitest";
import { boxesWithin, chosenAfter, rangeTo } from "../../src/lib/choice";
import type { Box } from "../../src/schema";

/** Two words, then a grid of 3 x 3 patches. */
const BOXES: (Box | null)[] = [
  null,
  null,
  ...Array.from({ length: 9 }, (_, patch): Box => {
    const [row, column] = [Math.floor(patch / 3), patch % 3];
    return [column / 3, row / 3, (column + 1) / 3, (row + 1) / 3];
  }),
];

describe("pointing at tokens", () => {
  it("chooses them alone", () => {
    expect(chosenAfter([1, 2], [7], "only")).toEqual([7]);
  });

  it("adds them, and takes them away again, but for the last", () => {
    expect(chosenAfter([4], [2], "add")).toEqual([2, 4]);
    expect(chosenAfter([2, 4], [4], "add")).toEqual([2]);
    expect(chosenAfter([2], [2], "add")).toEqual([2]);
  });

  it("completes what was chosen in part", () => {
    expect(chosenAfter([2], [1, 2, 3], "add")).toEqual([1, 2, 3]);
  });
});

describe("a range", () => {
  it("of words is all between, in either direction", () => {
    const words = [null, null, null, null];
    expect(rangeTo([0], 2, words)).toEqual([0, 1, 2]);
    expect(rangeTo([3], 1, words)).toEqual([1, 2, 3]);
  });

  it("of patches is the rectangle around both", () => {
    expect(rangeTo([2], 6, BOXES)).toEqual([2, 3, 5, 6]);
  });

  it("from a word to a patch holds the words only", () => {
    expect(rangeTo([0], 4, BOXES)).toEqual([0, 1]);
  });
});

it("a region holds the patches whose centre lies in it", () => {
  expect(boxesWithin(BOXES, [0, 0, 0.5, 0.6])).toEqual([2, 3, 5, 6]);
  expect(boxesWithin(BOXES, [0, 0, 0.49, 0.1])).toEqual([]);
});
