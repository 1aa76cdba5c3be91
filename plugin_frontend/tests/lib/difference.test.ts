import { describe, expect, it } from "vitest";
import { blockMismatch, difference, tokenMismatch } from "../../src/lib/difference";
import { block, coAttention } from "../manifests";

describe("the difference of two checkpoints", () => {
  it("is B minus A, and not defined where either is not", () => {
    const b = new Float32Array([0.5, NaN, 1]);
    const a = new Float32Array([0.25, 1, NaN]);
    expect([...difference(b, a)]).toEqual([0.25, NaN, NaN]);
  });

  it("of arrays of different lengths is an error, never a shorter array", () => {
    expect(() => difference(new Float32Array(2), new Float32Array(3))).toThrow("3");
  });

  it("needs the same tokens, and says which differ", () => {
    const [text, image] = coAttention.sequences;
    const other = (tokens: string[]) => ({ ...coAttention, sequences: [{ ...text, tokens }, image] });
    expect(tokenMismatch(coAttention, coAttention)).toBeNull();
    expect(tokenMismatch(coAttention, other(["[CLS]", "what", "tile", "?", "[SEP]"]))).toContain("“which” in A and “what” in B");
    expect(tokenMismatch(coAttention, other(["[CLS]"]))).toContain("5 text tokens, B has 1");
    expect(tokenMismatch(coAttention, { ...coAttention, sequences: [text] })).toContain("no image tokens");
  });

  it("of statistics needs blocks of one shape", () => {
    const mine = block("self", "joint", "joint", [0, 1]);
    expect(blockMismatch(mine, { ...mine })).toBeNull();
    expect(blockMismatch(mine, undefined)).toContain("no block self");
    expect(blockMismatch(mine, { ...mine, heads: 8 })).toContain("4 heads in A and 8 in B");
    expect(blockMismatch(mine, { ...mine, layers: [0, 2] })).toContain("different layers");
  });
});
