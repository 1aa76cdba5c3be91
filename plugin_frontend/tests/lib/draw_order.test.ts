import { describe, expect, it } from "vitest";
import { drawOrder, permutation } from "../../src/lib/draw_order";
import { POINT } from "../../src/lib/scatter";

describe("a permutation", () => {
  it("holds every number once", () => {
    expect([...permutation(1000)].sort((first, second) => first - second)).toEqual([...Array(1000).keys()]);
  });

  it("depends on the seed alone", () => {
    expect(permutation(50, 3)).toEqual(permutation(50, 3));
    expect(permutation(50, 3)).not.toEqual(permutation(50, 4));
  });

  it("puts every number anywhere: the first tenth holds a tenth of each part", () => {
    const beginning = permutation(100_000).subarray(0, 10_000);
    for (let part = 0; part < 10; part++) {
      const count = beginning.filter((number) => Math.floor(number / 10_000) === part).length;
      // Ten times the deviation of a hypergeometric count, sqrt(n p (1 - p)) = 30.
      expect(Math.abs(count - 1000)).toBeLessThan(300);
    }
  });
});

describe("the order of drawing", () => {
  const states = Uint8Array.of(POINT.NORMAL, POINT.EMPHASISED, POINT.DIMMED, POINT.HIDDEN, POINT.NORMAL, POINT.DIMMED);
  const order = drawOrder(Uint32Array.of(5, 4, 3, 2, 1, 0), states);

  it("begins with dimmed points and ends with those that stand out, each shuffled, without hidden ones", () => {
    expect([...order.indices]).toEqual([5, 2, 4, 0, 1]);
    expect(order).toMatchObject({ dimmed: 2, normal: 2, emphasised: 1 });
  });
});
