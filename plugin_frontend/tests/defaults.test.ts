import { describe, expect, it } from "vitest";
import { strongestHead } from "../src/defaults";
import type { StatisticsFrame } from "../src/frames";
import type { BlockStatistics } from "../src/schema";
import { block, coAttention, manifest } from "./manifests";

function statistics(names: string[], values: number[][]): BlockStatistics {
  return {
    statistics: names,
    layers: values[0].length / 4,
    heads: 4,
    values: Float32Array.from(values.flat()),
    layerMean: new Float32Array(),
  };
}

function frame(...blocks: BlockStatistics[]): StatisticsFrame {
  const attention = blocks.map((_, index) => block(`block${index}`, "text", "image", [3, 7]));
  return { manifest: manifest(coAttention.sequences, attention), blocks };
}

const MASS = "mass_text_to_image";

describe("the head to begin with", () => {
  it("has the most attention from text to image, in whichever block", () => {
    const weak = statistics([MASS], [[0.1, 0.2, 0.1, 0.1, 0.1, NaN, 0.1, 0.1]]);
    const strong = statistics(["entropy", MASS], [[9, 9, 9, 9, 9, 9, 9, 9], [0.1, 0.2, 0.3, 0.1, 0.1, 0.8, 0.1, 0.1]]);
    expect(strongestHead(frame(weak, strong))).toEqual({ statistic: MASS, block: "block1", layer: 7, head: 1 });
  });

  it("is found by the next statistic where every head gives all its attention to the image", () => {
    const cross = statistics(
      [MASS, "target_share"],
      [[1, 1, 1, 1, 1, 1, 0.9999999, 1], [0.1, 0.1, 0.1, 0.9, 0.1, 0.1, 0.1, 0.1]],
    );
    expect(strongestHead(frame(cross))).toEqual({ statistic: "target_share", block: "block0", layer: 3, head: 3 });
  });

  it("is the last layer's first where no statistic tells", () => {
    expect(strongestHead(frame(statistics([], [[0, 0, 0, 0, 0, 0, 0, 0]])))).toMatchObject({ layer: 7, head: 0 });
  });
});
