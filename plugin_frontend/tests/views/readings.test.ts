import { describe, expect, it } from "vitest";
import type { AttentionFrame } from "../../src/frames";
import { attentionPlan } from "../../src/lib/blocks";
import { NOTHING_SELECTED, type Selection } from "../../src/lib/selection";
import { readingScale } from "../../src/lib/readings";
import type { Manifest } from "../../src/schema";
import { readings, readingsDifference, sharesByModality } from "../../src/views/attention/readings";
import { coAttention, singleStream } from "../manifests";

/** A frame in which part p gives the weights of `weights[p]`. */
function frame(manifest: Manifest, change: Partial<Selection>, weights: number[][]): AttentionFrame {
  const plan = attentionPlan(manifest, { ...NOTHING_SELECTED, ...change })!;
  const parts = plan.parts.map((part, index) => ({
    ...part,
    weights: Float32Array.from(weights[index]),
    quantisationError: 0,
    sinks: [],
  }));
  return { manifest, plan: { ...plan, parts } };
}

const joint = (weights: number[]) =>
  readings(frame(singleStream, { sequence: "joint", tokens: [5] }, [weights]));

describe("what a frame says of image and words", () => {
  it("comes from two blocks in co-attention", () => {
    const { image, words } = readings(
      frame(coAttention, { block: "text_to_image", layer: 1, head: 0, sequence: "text", tokens: [2] }, [
        [0.1, 0.2, 0.3, 0.4],
        [0, 1, 0, 0, 0],
      ]),
    );
    expect(image).toMatchObject({ positions: [0, 1, 2, 3], part: { chosen: true, heads: [0] } });
    expect(words).toMatchObject({ positions: [0, 1, 2, 3, 4], part: { chosen: false, heads: "mean" } });
  });

  it("comes from one row in a single stream", () => {
    const { image, words } = joint([0.1, 0.1, 0.1, 0.1, 0.5, 0.1, 0, 0, 0]);
    expect(image?.positions).toEqual([0, 1, 2, 3]);
    expect(words?.positions).toEqual([4, 5, 6, 7, 8]);
    expect(image?.part).toBe(words?.part);
  });

  it("still lists the words that no block reaches, without weights", () => {
    const visionOnly = { ...coAttention, attention: coAttention.attention.slice(1, 2) };
    const { words } = readings(frame(visionOnly, { sequence: "image", tokens: [0] }, [[1, 0, 0, 0]]));
    expect(words).toMatchObject({ positions: [0, 1, 2, 3, 4], part: null, weights: null });
  });
});

describe("the scale of words", () => {
  it("starts at zero, spans both sides, and is not stretched by special tokens", () => {
    const a = joint([0, 0, 0, 0, 0.9, 0.05, 0.05, 0, 0]).words;
    const b = joint([0, 0, 0, 0, 0.7, 0.1, 0.2, 0, 0]).words;
    const scale = readingScale([a, b], false);
    expect(scale.low).toBe(0);
    expect(scale.high).toBeCloseTo(0.2);
  });
});

it("the difference of two readings is B minus A on both parts", () => {
  const a = joint([0.25, 0, 0, 0, 0.75, 0, 0, 0, 0]);
  const b = joint([0.5, 0, 0, 0, 0.5, 0, 0, 0, 0]);
  const { image, words } = readingsDifference(b, a);
  expect(image!.weights![0]).toBe(0.25);
  expect(words!.weights![4]).toBe(-0.25);
});

it("the shares by modality add up to the row, the largest first", () => {
  const shares = sharesByModality(joint([0.25, 0.25, 0, 0, 0.375, 0.125, 0, 0, 0]).words!);
  expect(shares).toEqual([["image", 0.5], ["special", 0.375], ["text", 0.125]]);
});
