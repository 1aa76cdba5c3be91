import { describe, expect, it } from "vitest";
import { bestAt, firstPlace, lensChange, lensPlaces, lensScale, lensValues, readingsAt, sameCells, settledShares, type Lens } from "../../src/lib/logit_lens";

/** Two layers, three tokens, two outputs each. */
function lens(change: Partial<Lens> = {}): Lens {
  return {
    sequence: "joint",
    layers: [0, 4],
    positions: [2, 3, 7],
    kept: 2,
    outputs: Int32Array.of(5, 6, 6, 5, 5, 6, 5, 6, 5, 6, 6, 5),
    probabilities: Float32Array.of(0.5, 0.25, 0.75, 0.125, 0.5, 0.5, 0.875, 0, 0.5, 0, 1, 0),
    words: new Map([
      [5, "red"],
      [6, "blue"],
    ]),
    settledDepth: Int32Array.of(0, 4, 4),
    answer: {
      output: 6,
      text: "blue",
      is: "The first token that the model said.",
      rank: Int32Array.of(1, 0, 1, 1, 1, 0),
      probability: Float32Array.of(0.25, 0.75, 0.5, 0, 0, 1),
      depth: Int32Array.of(-1, -1, 4),
    },
    ...change,
  };
}

const MODALITY = ["special", "text", "image", "image", "text", "text", "text", "generated"];

describe("the logit lens", () => {
  it("reads the most probable words of a layer and a token, the best first", () => {
    expect(readingsAt(lens(), 0, 1)).toEqual([
      { text: "blue", probability: 0.75 },
      { text: "red", probability: 0.125 },
    ]);
    expect(bestAt(lens(), 1, 2).text).toBe("blue");
  });

  it("colours by the best output, by the answer, by its rank from 1 on, by the depth", () => {
    expect([...lensValues(lens(), "probability")]).toEqual([0.5, 0.75, 0.5, 0.875, 0.5, 1]);
    expect([...lensValues(lens(), "answer")]).toEqual([0.25, 0.75, 0.5, 0, 0, 1]);
    expect([...lensValues(lens(), "rank")]).toEqual([2, 1, 2, 2, 2, 1]);
    expect([...lensValues(lens(), "depth")]).toEqual([0, 4, 4, 0, 4, 4]);
  });

  it("has no number of an answer that nobody knows", () => {
    expect([...lensValues(lens({ answer: null }), "rank")].every(Number.isNaN)).toBe(true);
  });

  it("subtracts checkpoints that read the same tokens in the same layers", () => {
    const later = lens({ settledDepth: Int32Array.of(4, 4, 0) });
    expect([...lensChange(lens(), later, "depth")]).toEqual([4, 0, -4, 4, 0, -4]);
    expect(sameCells(lens(), later)).toBe(true);
    expect(sameCells(lens(), lens({ layers: [0, 5] }))).toBe(false);
    expect(sameCells(lens(), lens({ positions: [2, 3, 6] }))).toBe(false);
  });

  it("shares one scale: probabilities from 0 to 1, depths over all layers, changes about 0", () => {
    const values = [Float32Array.of(0.25, 0.5)];
    expect(lensScale(values, "probability", [0, 4], false)).toMatchObject({ low: 0, high: 1 });
    expect(lensScale(values, "depth", [2, 9], false)).toMatchObject({ low: 2, high: 9 });
    expect(lensScale(values, "depth", [2, 9], true)).toMatchObject({ low: -0.5, high: 0.5, diverging: true });
  });

  it("lists words, patches or all; all where there are none of the kind", () => {
    expect(lensPlaces(lens(), MODALITY, "patches")).toEqual([0, 1]);
    expect(lensPlaces(lens(), MODALITY, "words")).toEqual([2]);
    expect(lensPlaces(lens(), MODALITY, "all")).toEqual([0, 1, 2]);
    expect(lensPlaces(lens(), MODALITY.map(() => "image"), "words")).toEqual([0, 1, 2]);
  });

  it("begins with the last token of the prompt", () => {
    expect(firstPlace(lens(), MODALITY)).toBe(1);
    expect(firstPlace(lens(), MODALITY.map(() => "generated"))).toBe(2);
  });

  it("tells by layer which share of the tokens has settled", () => {
    expect(settledShares(lens(), [0, 1])).toEqual([0.5, 1]);
  });
});
