import { describe, expect, it } from "vitest";
import { groupStarts } from "../../src/lib/points";
import { countHits, matching, nextHit, wordOf, type TokenWords } from "../../src/lib/token_search";
import { projected } from "./projected_points";

const groups = Int32Array.from([0, 0, 3, 1, 0, 2]);
const words: TokenWords = {
  tags: ["val/1", "val/2"],
  sequences: ["text"],
  words: ["[CLS]", "Ġred", "7", "(red"],
  groups,
  starts: groupStarts(groups),
  word: Int32Array.from([0, 1, 2, 0, 3]),
};
// The second token of the first example is padding: no point.
const points = projected([
  ["val/2", "text", [0, 1], "text"],
  ["val/1", "text", [0, 2], "text"],
]);

describe("a search among tokens", () => {
  it("finds the points whose text matches, whatever the order of the examples", () => {
    expect([...matching(points, words, "red")!]).toEqual([0, 1, 0, 0]);
    expect([...matching(points, words, "^[0-9]$")!]).toEqual([0, 0, 0, 1]);
  });

  it("is among words: patches have numbers for names", () => {
    const patches = projected([["val/1", "text", [0, 1, 2], "image"]]);
    expect([...matching(patches, words, "7")!]).toEqual([0, 0, 0]);
  });

  it("takes what is no regular expression as it stands", () => {
    expect([...matching(points, words, "(RED")!]).toEqual([0, 1, 0, 0]);
  });

  it("for nothing finds nothing, rather than all", () => {
    expect(matching(points, words, "")).toBeNull();
  });

  it("goes round in a circle", () => {
    const found = Uint8Array.from([1, 0, 1, 0]);
    expect([nextHit(found, -1, 1), nextHit(found, 0, 1), nextHit(found, 2, 1)]).toEqual([0, 2, 0]);
    expect([nextHit(found, 0, -1), nextHit(found, -1, -1)]).toEqual([2, 2]);
    expect(nextHit(new Uint8Array(3), 0, 1)).toBe(-1);
    expect(countHits(found)).toBe(2);
  });
});

it("the word of a token is that of its example and sequence", () => {
  expect(wordOf(words, "val/1", "text", 1)).toBe("Ġred");
  expect(wordOf(words, "val/2", "text", 2)).toBeNull();
  expect(wordOf(words, "val/3", "text", 0)).toBeNull();
});
