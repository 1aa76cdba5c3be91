import { describe, expect, it } from "vitest";
import { axisLabels, labelledPositions, labelStride, spansOf } from "../../src/lib/spans";
import type { Modality, TokenSequence } from "../../src/schema";

function sequence(parts: [Modality, number, number][]): TokenSequence {
  const tokens = parts.flatMap(([modality, count]) => Array.from({ length: count }, (_, at) => `${modality}${at}`));
  return {
    name: "joint",
    tokens,
    modality: parts.flatMap(([modality, count]) => Array(count).fill(modality)),
    boxes: tokens.map(() => null),
    image_index: parts.flatMap(([, count, image]) => Array(count).fill(image)),
  };
}

const TWO_IMAGES = sequence([
  ["special", 1, -1],
  ["image", 4, 0],
  ["image", 3, 1],
  ["text", 5, -1],
]);

describe("spans of an axis", () => {
  it("begin where the modality or the image changes, and cover every token", () => {
    const spans = spansOf(TWO_IMAGES);
    expect(spans.map(({ title, start, end }) => [title, start, end])).toEqual([
      ["special", 0, 1],
      ["image 1", 1, 5],
      ["image 2", 5, 8],
      ["text", 8, 13],
    ]);
  });

  it("number images only where there are several", () => {
    expect(spansOf(sequence([["image", 4, 0]])).map(({ title }) => title)).toEqual(["image"]);
  });
});

describe("labels of an axis", () => {
  it("are the words, and the numbers of image tokens", () => {
    expect(axisLabels(TWO_IMAGES).slice(0, 6)).toEqual(["special0", "0", "1", "2", "3", "4"]);
    expect(axisLabels({ ...TWO_IMAGES, tokens: TWO_IMAGES.tokens.map((_, at) => String(at + 7)) })[1]).toBe("8");
  });

  it("stand a round number of tokens apart, with room for each", () => {
    for (const pixels of [30, 11, 4, 1.2, 0.15]) {
      const stride = labelStride(pixels, 20);
      expect(stride * pixels).toBeGreaterThanOrEqual(20);
      expect(String(stride)).toMatch(/^[125]0*$/);
      if (stride > 1) expect((stride / 2.5) * pixels).toBeLessThanOrEqual(20);
    }
  });

  it("count anew in each span, those in sight only", () => {
    const spans = [
      { modality: "text", title: "text", start: 0, end: 23 },
      { modality: "image", title: "image", start: 23, end: 600 },
    ] as const;
    expect(labelledPositions(spans, 1, 21.5, 24.5)).toEqual([22, 23, 24]);
    expect(labelledPositions(spans, 10, 12, 60)).toEqual([20, 33, 43, 53]);
  });
});
