import { expect, it } from "vitest";
import { fieldGroups, fieldNames } from "../../src/lib/example_filter";
import { example } from "./example_summaries";

const many = Array.from({ length: 13 }, (_, index) =>
  example(`val/${index}`, {
    fields: { loss: [index], kind: [index % 2 ? "b" : "a"], source: [`file ${index}`], split: ["val"], sure: [index > 3] },
  }),
);

it("fields divide the examples by value, numbers at the median, as long as there are few values", () => {
  expect(fieldNames(many)).toEqual(["kind", "loss", "source", "split", "sure"]);
  expect(fieldGroups(many, null)).toEqual([
    { name: "kind", values: ["a", "b"] },
    { name: "loss", values: ["low", "high"] },
    { name: "sure", values: ["false", "true"] },
  ]);
});
