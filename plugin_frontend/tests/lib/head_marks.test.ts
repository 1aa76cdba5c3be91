import { describe, expect, it } from "vitest";
import { arrowPath, markPath, nearestPlace, placesWithin, SHAPES, type Pixel } from "../../src/lib/head_marks";

const PLACES: Pixel[] = [[0, 0], [10, 0], [10, 0], [30, 40]];

describe("heads in the plane", () => {
  it("are found within reach, the one on top first", () => {
    expect(nearestPlace(PLACES, [9, 1], 5)).toBe(2);
    expect(nearestPlace(PLACES, [20, 20], 5)).toBe(-1);
  });

  it("lie in a rectangle whichever corner it was begun at", () => {
    expect(placesWithin(PLACES, [5, -5], [40, 50])).toEqual([1, 2, 3]);
    expect(placesWithin(PLACES, [40, 50], [5, -5])).toEqual([1, 2, 3]);
    expect(placesWithin(PLACES, [1, 1], [2, 2])).toEqual([]);
  });
});

describe("marks", () => {
  it("have a shape of their own each, closed and centred", () => {
    const paths = SHAPES.map((shape) => markPath(shape, [0, 0], 10));
    expect(new Set(paths).size).toBe(SHAPES.length);
    for (const path of paths) expect(path).toMatch(/^M.*z$/);
    expect(markPath("square", [100, 50], 10)).toBe("M91.2 41.2L108.8 41.2L108.8 58.8L91.2 58.8z");
  });
});

describe("arrows", () => {
  it("end in a head of two barbs that point back", () => {
    expect(arrowPath([0, 0], [100, 0], 10)).toBe("M0.0 0.0L100.0 0.0M90.0 -5.0L100.0 0.0L90.0 5.0");
  });

  it("are mere lines where they are too short for one", () => {
    expect(arrowPath([0, 0], [5, 0], 10)).toBe("M0.0 0.0L5.0 0.0");
  });
});
