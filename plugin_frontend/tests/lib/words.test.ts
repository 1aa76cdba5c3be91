import { describe, expect, it } from "vitest";
import { phrase, wordAround } from "../../src/lib/words";
import type { Modality } from "../../src/schema";

/** The words of tokens, by the pieces that belong to each token. */
function wordsOf(tokens: string[], modality: Modality[] = tokens.map(() => "text")): string[] {
  const words = tokens.map((_, index) => wordAround(tokens, modality, index).map((piece) => tokens[piece]).join("+"));
  return [...new Set(words)];
}

describe("the word around a piece", () => {
  it("of WordPiece goes on with ##", () => {
    expect(wordsOf(["the", "tri", "##ang", "##le", "?"])).toEqual(["the", "tri+##ang+##le", "?"]);
  });

  it("of SentencePiece begins with ▁, which may be a piece of its own", () => {
    expect(wordsOf(["▁the", "▁tri", "ang", "le", "?"])).toEqual(["▁the", "▁tri+ang+le", "?"]);
    expect(wordsOf(["▁a", "▁", "tile", "."])).toEqual(["▁a", "▁+tile", "."]);
  });

  it("of a byte-level encoding begins with Ġ, and ends at a line break", () => {
    expect(wordsOf(["what", "Ġcol", "our", "Ċ", "yes"])).toEqual(["what", "Ġcol+our", "Ċ", "yes"]);
  });

  it("does not reach into punctuation, special tokens or the answer", () => {
    expect(wordsOf(["Ġdo", "n", "'t", ",", "Ġno"])).toEqual(["Ġdo+n+'t", ",", "Ġno"]);
    const modality: Modality[] = ["special", "text", "text", "generated"];
    expect(wordsOf(["<s>", "▁ti", "le", "red"], modality)).toEqual(["<s>", "▁ti+le", "red"]);
  });

  it("is the token itself where nothing marks words, and for patches", () => {
    expect(wordsOf(["which", "tile"])).toEqual(["which", "tile"]);
    expect(wordAround(["▁a", "0", "1"], ["text", "image", "image"], 2)).toEqual([2]);
  });
});

describe("tokens as they are read", () => {
  it("are joined within words, spaced between them, dotted where some are left out", () => {
    expect(phrase(["the", "tri", "##ang", "##le", "is", "red"], [1, 2, 3])).toBe("triangle");
    expect(phrase(["▁the", "▁blue", "▁ti", "le"], [1, 2, 3])).toBe("blue tile");
    expect(phrase(["the", "blue", "tile"], [0, 2])).toBe("the … tile");
  });
});
