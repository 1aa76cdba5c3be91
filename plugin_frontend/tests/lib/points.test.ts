import { describe, expect, it } from "vitest";
import { counterparts, findPoint, groupOf, identity } from "../../src/lib/points";
import { projected } from "./projected_points";

const points = projected([
  ["val/1", "text", [0, 1, 4], "text"],
  ["val/1", "image", [0, 1], "image"],
  ["val/2", "text", [0], "text"],
]);

describe("the points of a projection", () => {
  it("lie in the groups of their examples and sequences", () => {
    expect([0, 2, 3, 4, 5].map((point) => groupOf(points, point))).toEqual([0, 0, 1, 1, 2]);
  });

  it("know their token, and are found by it", () => {
    for (let point = 0; point < points.count; point++) expect(findPoint(points, identity(points, point))).toBe(point);
    expect(identity(points, 2)).toEqual({ tag: "val/1", sequence: "text", token: 4 });
    expect(findPoint(points, { tag: "val/2", sequence: "text", token: 9 })).toBe(-1);
    expect(findPoint(points, { tag: "val/9", sequence: "text", token: 0 })).toBe(-1);
  });

  it("have a counterpart where the other step has the same token of the same example", () => {
    const other = projected([
      ["val/2", "text", [0, 1], "text"],
      ["val/1", "text", [1, 3, 4], "text"],
    ]);
    expect([...counterparts(other, points)]).toEqual([-1, 2, 4, -1, -1, 0]);
  });
});
