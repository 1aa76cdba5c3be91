import { describe, expect, it } from "vitest";
import { filterExamples, flipped, outcomeAt } from "../../src/lib/examples";
import type { ExampleSummary } from "../../src/schema";

function example(tag: string, text: string, correct: (boolean | null)[]): ExampleSummary {
  const steps = correct.map((_, index) => 100 * index);
  const predictions = correct.map((right) => (right === null ? null : right ? "7" : "red"));
  return { tag, text, target: "7", image: null, steps, predictions, correct };
}

const learnt = example("val/1", "which digit is red ?", [false, true]);
const never = example("val/2", "which digit is blue ?", [false, false]);
const unknown = example("val/3", "what colour ?", [null, null]);
const all = [learnt, never, unknown];

function tags(filter: Parameters<typeof filterExamples>[1], search = "", [a, b] = [100, 0]): string[] {
  const listed = filterExamples(all, filter, search, (one) => outcomeAt(one, a), (one) => outcomeAt(one, b));
  return listed.map(({ tag }) => tag);
}

describe("what became of an example", () => {
  it("is that of the nearest logged step, or of the last", () => {
    expect(outcomeAt(learnt, 20)).toEqual({ prediction: "red", correct: false });
    expect(outcomeAt(learnt, null)).toEqual({ prediction: "7", correct: true });
  });

  it("is unknown where it was never logged", () => {
    expect(outcomeAt(undefined, 0)).toEqual({ prediction: null, correct: null });
  });
});

describe("the list of examples", () => {
  it("is split by what is known at A", () => {
    expect(tags("all")).toEqual(["val/1", "val/2", "val/3"]);
    expect(tags("correct")).toEqual(["val/1"]);
    expect(tags("wrong")).toEqual(["val/2"]);
    expect(tags("wrong", "", [0, 100])).toEqual(["val/1", "val/2"]);
  });

  it("shows those that A and B disagree on", () => {
    expect(tags("flipped")).toEqual(["val/1"]);
    expect(tags("flipped", "", [100, 100])).toEqual([]);
  });

  it("is searched for every word, anywhere in question, tag and answers", () => {
    expect(tags("all", "BLUE digit")).toEqual(["val/2"]);
    expect(tags("all", "val/3")).toEqual(["val/3"]);
    expect(tags("all", "digit green")).toEqual([]);
  });
});

it("without known correctness, another prediction is a flip", () => {
  expect(flipped({ prediction: "a", correct: null }, { prediction: "b", correct: null })).toBe(true);
  expect(flipped({ prediction: "a", correct: null }, { prediction: null, correct: null })).toBe(false);
});
