import { describe, expect, it } from "vitest";
import { attentionPlan } from "../../src/lib/blocks";
import { headsName, layersName, tokensName } from "../../src/lib/question_names";
import { NOTHING_SELECTED, type Selection } from "../../src/lib/selection";
import { coAttention, singleStream } from "../manifests";

const [joint] = singleStream.sequences;

describe("the chosen tokens are called", () => {
  it("by the words as they are read", () => {
    expect(tokensName(joint, [6])).toBe("“tile”");
    expect(tokensName(joint, [5, 6])).toBe("“which tile”");
  });

  it("by the number of a patch, or how many they are", () => {
    expect(tokensName(joint, [2])).toBe("patch 2");
    expect(tokensName(joint, [0, 1, 2])).toBe("3 patches");
    expect(tokensName(joint, [0, 1, 6])).toBe("“tile” and 2 patches");
  });
});

describe("heads and layers are called", () => {
  const part = (change: Partial<Selection>) =>
    attentionPlan(coAttention, { ...NOTHING_SELECTED, block: "text_to_image", sequence: "text", tokens: [1], ...change })!.parts[0];

  it("by their numbers, and how they are combined", () => {
    expect(headsName(part({ head: 3 }))).toBe("head 3");
    expect(headsName(part({ head: "mean" }))).toBe("mean of 4 heads");
    expect(headsName(part({ headSet: [0, 1, 2], reduce: "max" }))).toBe("largest of heads 0-2");
    expect(layersName(part({ layer: 2 }))).toBe("layer 2");
    expect(layersName(part({ head: 0, layerSet: [1, 2] }))).toBe("mean of layers 1, 2");
  });
});
