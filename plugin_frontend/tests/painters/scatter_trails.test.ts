import { describe, expect, it } from "vitest";
import type { ScatterTrails } from "../../src/lib/scatter";
import { dotsOf, segmentsOf } from "../../src/painters/scatter_trails";

/** Two trails over three places with three components each; the first trail stands out. */
const trails: ScatterTrails = {
  positions: Float32Array.of(
    0, 1, 2, 10, 11, 12, 20, 21, 22,
    5, 5, 5, NaN, NaN, NaN, 7, 7, 7,
  ),
  places: 3,
  colours: Uint8Array.of(4, 9),
  emphasis: Uint8Array.of(1, 0),
  current: 2,
};

describe("the lines of trails", () => {
  it("lead from place to place on the axes shown, and not over places that are not defined", () => {
    const { ends, count } = segmentsOf(trails, 3, [2, 0]);
    expect(count).toBe(2);
    expect([...ends]).toEqual([2, 0, 0, 12, 10, 0, 12, 10, 0, 22, 20, 0]);
  });

  it("age from 0 to 15 along the trail", () => {
    const { looks } = segmentsOf(trails, 3, [0, 1, 2]);
    const ages = [looks[2], looks[6]].map((packed) => [packed >> 4, packed & 15]);
    expect(ages).toEqual([[0, 8], [8, 15]]);
  });

  it("that stand out come last, hence on top", () => {
    const whole = { ...trails, positions: trails.positions.map((value) => (Number.isNaN(value) ? 6 : value)) };
    const { looks } = segmentsOf(whole, 3, [0, 1]);
    expect([3, 7, 11, 15].map((index) => looks[index])).toEqual([0, 0, 1, 1]);
  });

  it("have the colour of the trail, or of the places where each has its own", () => {
    expect(segmentsOf(trails, 3, [0, 1]).looks.subarray(0, 2)).toEqual(Uint8Array.of(4, 4));
    const { looks } = segmentsOf({ ...trails, colours: Uint8Array.of(1, 2, 3, 4, 5, 6) }, 3, [0, 1]);
    expect([looks[0], looks[1], looks[4], looks[5]]).toEqual([1, 2, 2, 3]);
  });
});

it("every trail has a dot at the current place, or none has", () => {
  expect([...dotsOf(trails, 3, [0, 1]).positions]).toEqual([20, 21, 22, 7, 7, 7]);
  expect(dotsOf({ ...trails, current: -1 }, 3, [0, 1]).count).toBe(0);
});
