import { describe, expect, it } from "vitest";
import { FIRST_BUDGET, nextBudget } from "../../src/lib/frame_budget";
import { placedLabels } from "../../src/lib/place_labels";
import { pointLook } from "../../src/lib/point_look";
import { paletteBytes } from "../../src/lib/scatter";

const AREA = 1200 * 700;

describe("points", () => {
  it("are large where there are few, small and transparent where there are a million", () => {
    expect(pointLook(200, 1, AREA, 14).size).toBeGreaterThan(7);
    const crowd = pointLook(1_000_000, 1, AREA, 14);
    expect(crowd.size).toBeLessThan(2);
    expect(crowd.alpha).toBeLessThan(0.3);
  });

  it("grow as fewer of them are in view", () => {
    const sizes = [1, 0.1, 0.01, 0.001].map((share) => pointLook(1_000_000, share, AREA, 14).size);
    expect([...sizes].sort((first, second) => first - second)).toEqual(sizes);
    expect(sizes[3]).toBeGreaterThan(2 * sizes[0]);
  });
});

describe("the number of points in a frame", () => {
  /** After many frames that take this long per million points, and something besides. */
  const settled = (perMillion: number, besides = 3) => {
    let budget = FIRST_BUDGET;
    for (let frame = 0; frame < 40; frame++) budget = nextBudget(budget, budget, besides + (budget / 1e6) * perMillion);
    return budget;
  };

  it("settles where a frame takes a thirtieth of a second", () => {
    expect(settled(300)).toBeGreaterThan(90_000);
    expect(settled(300)).toBeLessThan(115_000);
    expect(settled(3)).toBeGreaterThan(1_000_000);
  });

  it("never falls so low that nothing is seen", () => {
    expect(settled(300, 500)).toBe(20_000);
  });

  it("says nothing from a frame of few points", () => {
    expect(nextBudget(60_000, 200, 900)).toBe(60_000);
  });
});

it("a palette holds 256 colours, the last one again where there are fewer", () => {
  const bytes = paletteBytes([[1, 2, 3], [200, 100, 50]]);
  expect([...bytes.subarray(0, 8)]).toEqual([1, 2, 3, 255, 200, 100, 50, 255]);
  expect([...bytes.subarray(4 * 255)]).toEqual([200, 100, 50, 255]);
});

describe("labels", () => {
  const words = (at: [number, number][]) => placedLabels(at.map((place, index) => ({ at: place, words: `word ${index}` })), 400, 300, 14);

  it("stand right of their places, and left of those near the right edge", () => {
    const [first, second] = words([[100, 100], [390, 200]]);
    expect(first).toMatchObject({ anchor: "start" });
    expect(first.x).toBeGreaterThan(100);
    expect(second).toMatchObject({ anchor: "end" });
    expect(second.x).toBeLessThan(390);
  });

  it("are left out where they would hide an earlier one, or lie outside", () => {
    expect(words([[100, 100], [104, 103], [100, 130], [-5, 10], [NaN, 10]]).map((label) => label.words)).toEqual(["word 0", "word 2"]);
  });
});
