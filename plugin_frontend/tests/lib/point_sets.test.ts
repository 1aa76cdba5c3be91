import { describe, expect, it } from "vitest";
import { members, sizeOfSet, united, writeSet } from "../../src/lib/point_sets";
import { projected } from "./projected_points";

const points = projected([
  ["val/1", "text", [0, 1, 2, 5], "text"],
  ["a|b", "image", [7, 8], "image"],
]);

describe("a set of points", () => {
  it("is written by tokens, and found again", () => {
    const set = writeSet(points, [5, 0, 1, 2]);
    expect(set).toEqual(["0-2|text|val/1", "8|image|a|b"]);
    expect([...members(points, set)]).toEqual([1, 1, 1, 0, 0, 1]);
    expect(sizeOfSet(set)).toBe(4);
  });

  it("means the same tokens at another step, where other points lie before them", () => {
    const later = projected([
      ["val/0", "text", [0, 1], "text"],
      ["val/1", "text", [1, 2], "text"],
    ]);
    expect([...members(later, writeSet(points, [1, 5]))]).toEqual([0, 0, 1, 0]);
  });

  it("of means tells them by their modality", () => {
    const means = projected([
      ["val/1", "joint", [-1], "text"],
      ["val/2", "joint", [-1], "image"],
    ]);
    expect([...members(means, writeSet(means, [1]))]).toEqual([0, 1]);
  });

  it("holds what is in either of two", () => {
    const both = united(["0-2|text|val/1"], ["2,5|text|val/1", "7|image|a|b"]);
    expect(both).toEqual(["0-2,5|text|val/1", "7|image|a|b"]);
  });

  it("that is garbled holds nothing", () => {
    expect([...members(points, ["x|text|val/1", "0"])]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
