import { describe, expect, it } from "vitest";
import { segments } from "../../src/lib/segments";
import type { HeadMatching, HeadSimilarity } from "../../src/schema";
import {
  headOrder,
  indexOfHead,
  inOrder,
  matches,
  matchesByLayer,
  nearestHeads,
  similarityChange,
} from "../../src/views/heads/similarity";

const SIMILARITY: HeadSimilarity = {
  block: "self",
  layer: Int32Array.of(2, 2, 5),
  head: Int32Array.of(0, 1, 0),
  cluster: Int32Array.of(1, 0, 1),
  order: Int32Array.of(1, 0, 2),
  divergence: new Float32Array([0, 0.5, 0.25, 0.5, 0, 0.375, 0.25, 0.375, 0]),
  samples: 4,
  rows: 40,
  note: "",
};

const MATCHING: HeadMatching = {
  block: "self",
  layer: Int32Array.of(2, 2, 5),
  head: Int32Array.of(0, 1, 0),
  otherLayer: Int32Array.of(2, 5, 2),
  otherHead: Int32Array.of(0, 0, 1),
  divergence: new Float32Array([0.25, 0.125, 0.5]),
  identityDivergence: new Float32Array([0.25, 0.5, 0.625]),
  samples: 4,
  rows: 40,
};

describe("the order of heads", () => {
  it("by layer is that of the answer; by cluster, that of the dendrogram's leaves", () => {
    expect(headOrder(SIMILARITY, "layers")).toEqual([0, 1, 2]);
    const order = headOrder(SIMILARITY, "clusters");
    expect(order).toEqual([1, 0, 2]);
    expect(segments(order.map((index) => SIMILARITY.cluster[index]))).toEqual([
      { value: 0, start: 0, length: 1 },
      { value: 1, start: 1, length: 2 },
    ]);
  });

  it("moves rows and columns of the matrix alike", () => {
    const moved = inOrder(SIMILARITY.divergence, [1, 0, 2]);
    expect([...moved]).toEqual([0, 0.5, 0.375, 0.5, 0, 0.25, 0.375, 0.25, 0]);
  });
});

describe("the heads nearest to one", () => {
  it("come most alike first, without itself, with layer, head and cluster", () => {
    const index = indexOfHead(SIMILARITY, { layer: 2, head: 0 });
    expect(nearestHeads(SIMILARITY, index, false, 10)).toEqual([
      { layer: 5, head: 0, cluster: 1, divergence: 0.25 },
      { layer: 2, head: 1, cluster: 0, divergence: 0.5 },
    ]);
    expect(nearestHeads(SIMILARITY, index, false, 1)).toHaveLength(1);
  });

  it("are in a difference those that changed most, either way", () => {
    const later = { ...SIMILARITY, divergence: new Float32Array([0, 0.375, 0.5, 0.375, 0, 0.375, 0.5, 0.375, 0]) };
    const change = similarityChange(SIMILARITY, later)!;
    expect(nearestHeads(change, 0, true, 10).map(({ divergence }) => divergence)).toEqual([0.25, -0.125]);
  });

  it("can't be compared between blocks of different heads", () => {
    expect(similarityChange(SIMILARITY, { ...SIMILARITY, head: Int32Array.of(0, 1, 2) })).toBeNull();
  });

  it("is not a head where the mean over heads is chosen", () => {
    expect(indexOfHead(SIMILARITY, { layer: 2, head: "mean" })).toBe(-1);
    expect(indexOfHead(SIMILARITY, null)).toBe(-1);
  });
});

describe("heads matched across checkpoints", () => {
  it("are listed best first, with the divergence to the head of the same number", () => {
    expect(matches(MATCHING)[0]).toEqual({
      head: { layer: 2, head: 1 },
      other: { layer: 5, head: 0 },
      divergence: 0.125,
      identity: 0.5,
    });
  });

  it("are counted from layer to layer", () => {
    const { layers, others, counts } = matchesByLayer(matches(MATCHING));
    expect([layers, others]).toEqual([[2, 5], [2, 5]]);
    expect([...counts]).toEqual([1, 1, 1, 0]);
  });
});
