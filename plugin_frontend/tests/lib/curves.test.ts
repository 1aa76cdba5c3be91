import { describe, expect, it } from "vitest";
import { bands, linePath } from "../../src/lib/curves";

const same = (value: number) => value;

describe("a line", () => {
  it("joins neighbours and is broken where a value is not defined", () => {
    expect(linePath([0, 1, 2, 3], [5, 6, NaN, 7], same, same)).toBe("M0.0 5.0L1.0 6.0M3.0 7.0");
  });

  it("without values is empty", () => {
    expect(linePath([0, 1], [NaN, NaN], same, same)).toBe("");
  });
});

describe("a band between bounds", () => {
  it("runs along the upper edge and back along the lower", () => {
    expect(bands([0, 1], [4, 4], [6, 8], same, same)).toEqual(["M0.0 6.0L1.0 8.0L1.0 4.0L0.0 4.0Z"]);
  });

  it("is left out where a bound is unknown", () => {
    expect(bands([0, 1, 2], [NaN, 4], [5, 8], same, same)).toEqual(["M1.0 8.0L1.0 4.0Z"]);
    expect(bands([0], [], [], same, same)).toEqual([]);
  });
});
