import { describe, expect, it } from "vitest";
import { rowsInSight, scrollTo } from "../../src/lib/virtual_rows";

describe("a long list", () => {
  it("makes the rows in the window and a few beyond, however many there are", () => {
    const { first, end } = rowsInSight(50_000, 500, 50, 5000);
    expect(first).toBeLessThanOrEqual(1000);
    expect(end).toBeGreaterThanOrEqual(1010);
    expect(end - first).toBeLessThan(40);
  });

  it("begins with the first row and ends with the last", () => {
    expect(rowsInSight(0, 500, 50, 3)).toEqual({ first: 0, end: 3 });
    expect(rowsInSight(249_500, 500, 50, 5000).end).toBe(5000);
  });

  it("makes no row where a filter has left less than was scrolled past", () => {
    const { first, end } = rowsInSight(50_000, 500, 50, 2);
    expect([first, end]).toEqual([0, 2]);
  });

  it("scrolls to a row only as far as it must", () => {
    expect(scrollTo(3, 100, 500, 50)).toBe(100);
    expect(scrollTo(1, 100, 500, 50)).toBe(50);
    expect(scrollTo(20, 100, 500, 50)).toBe(550);
  });
});
