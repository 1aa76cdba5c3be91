import { describe, expect, it } from "vitest";
import { boxAt, gridOf, interpolate, rasterise } from "../../src/lib/raster";
import type { Box } from "../../src/schema";

const GRID: Box[] = [[0, 0, 0.5, 0.5], [0.5, 0, 1, 0.5], [0, 0.5, 0.5, 1], [0.5, 0.5, 1, 1]];

describe("the raster of a grid of boxes", () => {
  it("has the grid's cells, the first row at the top", () => {
    expect(rasterise(GRID, [1, 2, 3, 4])).toEqual({ columns: 2, rows: 2, values: new Float32Array([1, 2, 3, 4]) });
  });

  it("follows the boxes, not their order", () => {
    const [first, ...others] = GRID;
    expect([...rasterise([...others, first], [2, 3, 4, 1]).values]).toEqual([1, 2, 3, 4]);
  });

  it("leaves out tokens without a box and weights that were not logged", () => {
    const { values } = rasterise([...GRID, null], [1, NaN, 3, 4, 99]);
    expect([...values]).toEqual([1, NaN, 3, 4]);
  });

  it("takes the larger weight where boxes overlap", () => {
    const { values } = rasterise([[0, 0, 1, 1], GRID[0]], [2, 5]);
    expect([...values]).toEqual([5, 2, 2, 2]);
    expect([...rasterise([GRID[0], [0, 0, 1, 1]], [1, 2]).values]).toEqual([2, 2, 2, 2]);
  });
});

describe("values between the cells", () => {
  const raster = rasterise(GRID, [0, 1, 0, 1]);

  it("are exact at the cells' centres and linear between them", () => {
    expect(interpolate(raster, 0.25, 0.25)).toBe(0);
    expect(interpolate(raster, 0.75, 0.6)).toBe(1);
    expect(interpolate(raster, 0.5, 0.5)).toBeCloseTo(0.5);
  });

  it("stay at the edge's value beyond the outer centres", () => {
    expect(interpolate(raster, 1, 1)).toBe(1);
  });

  it("are not defined where most of what is near is not", () => {
    const holes = rasterise(GRID, [NaN, 1, NaN, 1]);
    expect(interpolate(holes, 0.3, 0.5)).toBeNaN();
    expect(interpolate(holes, 0.7, 0.5)).toBe(1);
  });
});

it("the smallest box under the pointer is meant", () => {
  const boxes: (Box | null)[] = [null, [0, 0, 1, 1], [0.2, 0.2, 0.4, 0.4]];
  expect(boxAt(boxes, 0.3, 0.3)).toBe(2);
  expect(boxAt(boxes, 0.9, 0.9)).toBe(1);
  expect(boxAt([null], 0.5, 0.5)).toBe(-1);
});

describe("the grid of boxes", () => {
  it("has a cell per box, whatever their order, and none for a token without one", () => {
    expect(gridOf([GRID[3], null, GRID[0]])).toEqual({ columns: 2, rows: 2, cells: Int32Array.of(3, -1, 0) });
  });

  it("is none where boxes overlap, differ in size or lie between cells", () => {
    expect(gridOf([GRID[0], GRID[0]])).toBeNull();
    expect(gridOf([GRID[0], [0.5, 0, 1, 1]])).toBeNull();
    expect(gridOf([GRID[0], [0.25, 0.5, 0.75, 1]])).toBeNull();
    expect(gridOf([null])).toBeNull();
  });

  it("is seen through boxes that were rounded to five decimals", () => {
    const third = [0, 0.33333, 0.66667, 1];
    const boxes = [0, 1, 2].map((column): Box => [third[column], 0, third[column + 1], 0.33333]);
    expect(gridOf(boxes)?.columns).toBe(3);
  });
});
