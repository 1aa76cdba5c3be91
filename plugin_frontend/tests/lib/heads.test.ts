import { describe, expect, it } from "vitest";
import { headKey, headsBetween, parseKey, toggled } from "../../src/lib/heads";

describe("the key of a head", () => {
  it("is read as it was written, whatever the block is called", () => {
    for (const block of ["self", "text_to_image", "a:1.2"]) {
      expect(parseKey(headKey(block, { layer: 3, head: 11 }))).toEqual({ block, layer: 3, head: 11 });
    }
  });

  it("that is garbled is none", () => {
    for (const key of ["", "self", "self:3", ":3.1", "self:x.1"]) expect(parseKey(key)).toBeNull();
  });
});

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
