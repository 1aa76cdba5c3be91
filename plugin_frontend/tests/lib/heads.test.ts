import { describe, expect, it } from "vitest";
import { headsBetween, toggled } from "../../src/lib/heads";

describe("heads to pick", () => {
  it("are added where one of them is missing, and let go of where none is", () => {
    expect(toggled(["s:0.0"], ["s:0.1"])).toEqual(["s:0.0", "s:0.1"]);
    expect(toggled(["s:0.0", "s:0.1"], ["s:0.1", "s:0.2"])).toEqual(["s:0.0", "s:0.1", "s:0.2"]);
    expect(toggled(["s:0.0", "s:0.1"], ["s:0.1"])).toEqual(["s:0.0"]);
  });

  it("between two are the rectangle that they span, over the layers that there are", () => {
    expect(headsBetween([1, 4, 9], { layer: 4, head: 2 }, { layer: 1, head: 1 })).toEqual([
      { layer: 1, head: 1 },
      { layer: 1, head: 2 },
      { layer: 4, head: 1 },
      { layer: 4, head: 2 },
    ]);
  });
});
