import type { ExampleSummary } from "../../src/schema";

/** An example logged every hundred steps; right answers are "7", wrong ones "red". */
export function example(tag: string, { correct = [null], ...values }: Partial<ExampleSummary>): ExampleSummary {
  const steps = correct.map((_, index) => 100 * index);
  const predictions = correct.map((right) => (right === null ? null : right ? "7" : "red"));
  const text = "which digit is red ?";
  return { tag, text, target: "7", image: null, steps, predictions, correct, fields: {}, target_boxes: [], ...values };
}
