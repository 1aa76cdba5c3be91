import { describe, expect, it } from "vitest";
import { attentionPlan, effectiveBlock, firstTokenOf, nearest, startToken } from "../../src/lib/blocks";
import { NOTHING_SELECTED, type Selection } from "../../src/lib/selection";
import { coAttention, singleStream } from "../manifests";

const blocks = coAttention.attention;
const named = (name: string) => blocks.find((block) => block.name === name)!;

function plan(change: Partial<Selection>, manifest = coAttention) {
  const found = attentionPlan(manifest, { ...NOTHING_SELECTED, ...change })!;
  return found.parts.map(({ block, layers, heads, shown, chosen }) => ({ block: block.name, layers, heads, shown, chosen }));
}

describe("the effective block", () => {
  it("is the selected one where the token belongs to it", () => {
    expect(effectiveBlock(blocks, named("text_to_image"), "text", "query")?.name).toBe("text_to_image");
  });

  it("is its counterpart of the same kind where the token is in the other stream", () => {
    expect(effectiveBlock(blocks, named("text_to_image"), "image", "query")?.name).toBe("image_to_text");
    expect(effectiveBlock(blocks, named("language"), "image", "query")?.name).toBe("vision");
    expect(effectiveBlock(blocks, named("cross_language"), "image", "query")?.name).toBe("cross_vision");
  });

  it("follows the key sequence where the token is looked at", () => {
    expect(effectiveBlock(blocks, named("text_to_image"), "image", "key")?.name).toBe("text_to_image");
    expect(effectiveBlock(blocks, named("text_to_image"), "text", "key")?.name).toBe("image_to_text");
  });

  it("is nothing where no block has the token", () => {
    expect(effectiveBlock(blocks, named("language"), "queries", "query")).toBeNull();
  });
});

describe("what is fetched for a token", () => {
  it("of co-attention is the chosen head, and the mean of the nearest block for the other stream", () => {
    expect(plan({ block: "text_to_image", layer: 2, head: 1, sequence: "text", tokens: [2] })).toEqual([
      { block: "text_to_image", layers: [2], heads: [1], shown: "image", chosen: true },
      { block: "cross_language", layers: [2], heads: "mean", shown: "text", chosen: false },
    ]);
    expect(plan({ block: "language", layer: 0, head: 1, sequence: "text", tokens: [2] })).toEqual([
      { block: "language", layers: [0], heads: [1], shown: "text", chosen: true },
      { block: "text_to_image", layers: [1], heads: "mean", shown: "image", chosen: false },
    ]);
  });

  it("of a single stream is one block for both", () => {
    expect(plan({ block: "self", layer: 1, head: 0, sequence: "joint", tokens: [5] }, singleStream)).toEqual([
      { block: "self", layers: [1], heads: [0], shown: "joint", chosen: true },
    ]);
  });

  it("takes the mean where the block has no such head, and the nearest layer", () => {
    const [part] = plan({ block: "text_to_image", layer: 9, head: 17, sequence: "text", tokens: [1] });
    expect(part).toMatchObject({ layers: [2], heads: "mean" });
  });

  it("says when only the statistics of a layer or head were logged", () => {
    const block = { ...singleStream.attention[0], weight_layers: [0], weight_heads: [1] };
    const partly = { ...singleStream, attention: [block] };
    const missing = (layer: number, head: number | "mean") =>
      attentionPlan(partly, { ...NOTHING_SELECTED, layer, head, sequence: "joint", tokens: [5] })?.parts[0].missing;
    expect(missing(1, "mean")).toBe("Of layer 1 only the statistics were logged.");
    expect(missing(0, 0)).toBe("Of head 0 only the statistics were logged.");
    expect(missing(0, 1)).toBeNull();
    expect(missing(0, "mean")).toBeNull();
  });

  it("combines the heads and layers of the set, those that the block has", () => {
    const [part, companion] = plan({ block: "text_to_image", layer: 1, headSet: [0, 3, 9], layerSet: [1, 2, 7], sequence: "text", tokens: [2] });
    expect(part).toMatchObject({ layers: [1, 2], heads: [0, 3] });
    expect(companion).toMatchObject({ block: "cross_language", layers: [1, 2], heads: "mean" });
  });

  it("leaves out what was not logged, and says so", () => {
    const block = { ...singleStream.attention[0], weight_heads: [0, 1] };
    const partly = { ...singleStream, attention: [block] };
    const [part] = attentionPlan(partly, { ...NOTHING_SELECTED, layer: 0, headSet: [1, 2], sequence: "joint", tokens: [3, 5, 6] })!.parts;
    expect(part).toMatchObject({ heads: [1], positions: [5, 6], missing: null });
    expect(part.partly).toBe("without head 2, 1 of 3 tokens: not logged");
  });

  it("is of the example's own tokens where it has fewer than were chosen", () => {
    const found = (tokens: number[]) => attentionPlan(coAttention, { ...NOTHING_SELECTED, sequence: "text", tokens })!.tokens;
    expect(found([1, 40])).toEqual([1]);
    expect(found([40])).toEqual([4]);
  });

  it("begins with the last generated word", () => {
    const modality = singleStream.sequences[0].modality.map((kind, index, all) =>
      index === all.length - 1 ? "generated" : kind,
    );
    const tokens = singleStream.sequences[0].tokens.map((token, index, all) => (index === all.length - 1 ? "yes" : token));
    const answered = { ...singleStream, sequences: [{ ...singleStream.sequences[0], modality, tokens }] } as typeof singleStream;
    expect(firstTokenOf(answered, answered.attention[0], "query")).toBe(tokens.length - 1);
  });

  it("says when the row was not logged, and asks for the column all the same", () => {
    const patch = { ...NOTHING_SELECTED, sequence: "joint", tokens: [1] };
    expect(attentionPlan(singleStream, patch)?.parts[0].missing).toContain("not logged");
    expect(attentionPlan(singleStream, { ...patch, role: "key" })?.parts[0].missing).toBeNull();
  });

  it("is nothing for an example without attention", () => {
    expect(attentionPlan({ ...coAttention, attention: [] }, NOTHING_SELECTED)).toBeNull();
  });
});

describe("the token to begin with", () => {
  it("is the last word, not the punctuation or a special token", () => {
    expect(startToken(coAttention, named("text_to_image"), "query")).toEqual({ sequence: "text", tokens: [2] });
    expect(startToken(singleStream, singleStream.attention[0], "query")).toEqual({ sequence: "joint", tokens: [6] });
  });

  it("is a word even where an image block was chosen, if one of its kind has words", () => {
    expect(startToken(coAttention, named("image_to_text"), "query")).toEqual({ sequence: "text", tokens: [2] });
  });

  it("within an image block is the patch on the target", () => {
    expect(firstTokenOf(coAttention, named("vision"), "query")).toBe(3);
  });

  it("is one whose row was kept", () => {
    const [self] = singleStream.attention;
    expect(firstTokenOf(singleStream, { ...self, rows: [0, 5] }, "query")).toBe(5);
  });
});

it("the nearest of equally near numbers is the first", () => {
  expect(nearest([0, 10, 20], 5)).toBe(0);
  expect(nearest([0, 10, 20], 100)).toBe(20);
});
