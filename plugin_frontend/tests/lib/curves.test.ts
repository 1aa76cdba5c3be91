import { describe, expect, it } from "vitest";
import { errorBands, linePath } from "../../src/lib/curves";

const same = (value: number) => value;

describe("a line", () => {
  it("joins neighbours and is broken where a value is not defined", () => {
    expect(linePath([0, 1, 2, 3], [5, 6, NaN, 7], same, same)).toBe("M0.0 5.0L1.0 6.0M3.0 7.0");
  });

  it("without values is empty", () => {
    expect(linePath([0, 1], [NaN, NaN], same, same)).toBe("");
  });
});

describe("the band of standard errors", () => {
  it("runs along the upper edge and back along the lower", () => {
    expect(errorBands([0, 1], [5, 6], [1, 2], same, same)).toEqual(["M0.0 6.0L1.0 8.0L1.0 4.0L0.0 4.0Z"]);
  });

  it("is left out where the error is unknown", () => {
    expect(errorBands([0, 1, 2], [5, 6, 7], [NaN, 2], same, same)).toEqual(["M1.0 8.0L1.0 4.0Z"]);
    expect(errorBands([0], [5], [], same, same)).toEqual([]);
  });
});
