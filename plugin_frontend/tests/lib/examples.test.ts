import { describe, expect, it } from "vitest";
import { flipped, outcomeAt } from "../../src/lib/examples";
import { example } from "./example_summaries";

const learnt = example("val/1", { correct: [false, true] });

describe("what became of an example", () => {
  it("is that of the nearest logged step, or of the last", () => {
    expect(outcomeAt(learnt, 20)).toEqual({ prediction: "red", correct: false });
    expect(outcomeAt(learnt, null)).toEqual({ prediction: "7", correct: true });
  });

  it("is unknown where it was never logged", () => {
    expect(outcomeAt(undefined, 0)).toEqual({ prediction: null, correct: null });
  });
});

it("without known correctness, another prediction is a flip", () => {
  expect(flipped({ prediction: "a", correct: null }, { prediction: "b", correct: null })).toBe(true);
  expect(flipped({ prediction: "a", correct: null }, { prediction: null, correct: null })).toBe(false);
});
