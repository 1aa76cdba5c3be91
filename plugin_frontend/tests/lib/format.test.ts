import { describe, expect, it } from "vitest";
import { formatBlock, formatLabel, formatNumber, formatPercent, formatPlace, formatScore, formatSigned, formatToken, formatTokenAt, formatWeight, withUnit } from "../../src/lib/format";
import type { TokenSequence } from "../../src/schema";

describe("numbers", () => {
  it.each([
    [0, "0"],
    [0.12345, "0.123"],
    [-0.5, "−0.5"],
    [12.345, "12.3"],
    [1234.5, "1,235"],
    [0.00001, "1.0e-5"],
    [-6e-8, "−6.0e-8"],
    [2.5e7, "2.5e7"],
    [NaN, "not defined"],
  ])("%f reads %s", (value, text) => expect(formatNumber(value)).toBe(text));

  it("of differences always carry their sign", () => {
    expect([0.5, -0.5, 0].map(formatSigned)).toEqual(["+0.5", "−0.5", "0"]);
  });

  it("not logged are said to be so", () => {
    expect(formatWeight(NaN, true)).toBe("not logged");
    expect(formatWeight(0.25, true)).toBe("+0.25");
  });

  it("of relevancy that a map lacks are said to be so", () => {
    expect([formatScore(NaN, true), formatScore(0.5, false), formatScore(0.5, true)]).toEqual(["no score", "0.5", "+0.5"]);
  });

  it("as shares are whole percentages, but something is never nothing", () => {
    expect([0, 0.001, 0.256, 1].map(formatPercent)).toEqual(["0 %", "<1 %", "26 %", "100 %"]);
  });

  it("name their unit, unless it is a share", () => {
    expect(withUnit("1.2", "nats")).toBe("1.2 nats");
    expect(withUnit("0.2", "share")).toBe("0.2");
  });
});

describe("names", () => {
  it("of blocks are read as words", () => {
    expect(formatBlock("text_to_image")).toBe("text → image");
    expect(formatBlock("cross_vision")).toBe("cross vision");
  });

  it("of image tokens say what a mere number counts", () => {
    expect(["12", "region 3"].map(formatPlace)).toEqual(["patch 12", "region 3"]);
  });

  it("knows a number among words from a patch", () => {
    const sequence = { tokens: ["6", "6"], modality: ["text", "image"] } as unknown as TokenSequence;
    expect([0, 1].map((position) => formatTokenAt(sequence, position))).toEqual(["6", "patch 6"]);
  });

  it("of tokens lose the tokenizer's marks but never vanish", () => {
    expect(["Ġred", "▁tile", "##s", "▁", "\n"].map(formatToken)).toEqual(["red", "tile", "##s", "␣", "⏎"]);
  });
});

it("a label tells what it is of only where that has to be told", () => {
  expect(formatLabel("Words", false, undefined, null)).toBe("Words");
  expect(formatLabel("Words", "head 3", false, "A")).toBe("Words, head 3, A");
});
