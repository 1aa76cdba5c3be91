import { describe, expect, it } from "vitest";
import { cellKind, changesOf, stripCells, stripInWords } from "../../src/lib/answer_strip";

const said = (predictions: (string | null)[], correct: (boolean | null)[] = predictions.map(() => null)) => ({
  steps: predictions.map((_, index) => 10 * index),
  predictions,
  correct,
});

describe("the strip of answers", () => {
  it("has a cell for each step of the run, also where the example was not logged", () => {
    const cells = stripCells({ steps: [10], predictions: ["7"], correct: [true] }, [0, 10, 20]);
    expect(cells.map(cellKind)).toEqual(["missing", "correct", "missing"]);
  });

  it("marks where the answer became another, right or wrong", () => {
    const cells = stripCells(said(["red", "blue", "blue", "7"], [false, false, false, true]), [0, 10, 20, 30]);
    expect(cells.map(({ changed }) => changed)).toEqual([false, true, false, true]);
  });

  it("takes a step without a prediction for no change", () => {
    const strip = said(["red", null, "red", "7"]);
    expect(stripCells(strip, strip.steps).map(({ changed }) => changed)).toEqual([false, false, false, true]);
    expect(changesOf(strip)).toBe(1);
  });

  it("without a target tells answers apart by two greys", () => {
    const strip = said(["a", "b", "b", "c"]);
    const kinds = stripCells(strip, strip.steps).map(cellKind);
    expect(kinds).toEqual(["unknown", "unknown-other", "unknown-other", "unknown"]);
  });

  it("is spoken", () => {
    const strip = said(["red", "7"], [false, true]);
    const words = stripInWords(stripCells(strip, strip.steps), String);
    expect(words).toBe("correct at 1 of 2 steps, first at 10; the answer changed at 10");
    const same = said(["a", "a"]);
    expect(stripInWords(stripCells(same, same.steps), String)).toBe("the same answer at every step");
  });
});
