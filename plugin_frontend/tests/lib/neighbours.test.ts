import { describe, expect, it } from "vitest";
import { cropAround } from "../../src/lib/crop";
import { wordSizes } from "../../src/lib/neighbours";
import type { Neighbour } from "../../src/schema";

function at(distance: number): Neighbour {
  return { tag: "val/0", sequence: "text", token: 0, text: "red", modality: "text", distance, box: null, image: null };
}

describe("the words near a token", () => {
  it("are the larger the nearer, in proportion", () => {
    const [near, middle, far] = wordSizes([at(0.1), at(0.2), at(0.3)]);
    expect(near).toBeGreaterThan(far);
    expect(middle).toBeCloseTo((near + far) / 2);
  });

  it("are of one size where all are equally near", () => {
    expect(new Set(wordSizes([at(0.2), at(0.2)])).size).toBe(1);
    expect(wordSizes([])).toEqual([]);
  });
});

it("a patch is shown with its surroundings, as far as the image goes", () => {
  const [x0, y0, x1, y1] = cropAround([0.4, 0, 0.6, 0.1], 1);
  [x0 - 0.2, y0 - 0, x1 - 0.8, y1 - 0.2].forEach((apart) => expect(apart).toBeCloseTo(0));
});
