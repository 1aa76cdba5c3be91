import { expect, it } from "vitest";
import { outlinePath } from "../../src/lib/outline";

const edges = (path: string) => path.split("M").filter(Boolean).sort();

it("one box has four edges", () => {
  expect(edges(outlinePath([[0, 0, 0.5, 0.5]]))).toEqual(["0 0.5L0.5 0.5", "0 0L0 0.5", "0 0L0.5 0", "0.5 0L0.5 0.5"]);
});

it("the edge that two boxes share is left out", () => {
  const two = edges(outlinePath([[0, 0, 0.5, 0.5], [0.5, 0, 1, 0.5]]));
  expect(two).toHaveLength(6);
  expect(two).not.toContain("0.5 0L0.5 0.5");
});
