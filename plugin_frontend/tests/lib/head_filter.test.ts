import { describe, expect, it } from "vitest";
import { completions, FilterError, parseFilter, written, type HeadFacts } from "../../src/lib/head_filter";

const STATISTICS = [
  { name: "entropy", title: "Entropy" },
  { name: "mass_text_to_image", title: "Text → image, mass" },
  { name: "own, in %", title: "Own" },
  { name: "gini", title: "Gini" },
];

const HEAD: HeadFacts = {
  block: "text_to_image",
  layer: 3,
  head: 7,
  change: -0.2,
  emergence: 300,
  beyondChance: true,
  picked: false,
  statistic: (name) => ({ entropy: 1.5, mass_text_to_image: 0.4, "own, in %": 80 })[name] ?? NaN,
};

const holds = (text: string, head: Partial<HeadFacts> = {}) => parseFilter(text, STATISTICS)({ ...HEAD, ...head });

function complaint(text: string): string {
  try {
    parseFilter(text, STATISTICS);
  } catch (error) {
    expect(error).toBeInstanceOf(FilterError);
    return (error as Error).message;
  }
  throw new Error(`${text} was accepted`);
}

describe("a condition on heads", () => {
  it.each([
    ["entropy < 2", true],
    ["entropy > 1.5", false],
    ["entropy >= 1.5", true],
    ["1.5 <= entropy", true],
    ["layer = 3 and head != 7", false],
    ["mass_text_to_image > .3 and entropy < 2", true],
    ['"Text → image, mass" > 3e-1', true],
    ['"own, in %" == 80', true],
    ["change < -.1", true],
    ["emergence <= 300", true],
    ['block = "text_to_image"', true],
    ['"vision" = block', false],
    ['block != "vision"', true],
    ["beyond_chance and not picked", true],
    ["LAYER = 3 AND NOT head = 2", true],
    ["", true],
    ["  ", true],
  ])("%s is %s", (text, expected) => expect(holds(text)).toBe(expected));

  it("binds not before and before or, and parentheses before all", () => {
    expect(holds("layer = 3 or layer = 4 and head = 0")).toBe(true);
    expect(holds("(layer = 3 or layer = 4) and head = 0")).toBe(false);
    expect(holds("not layer = 4 and head = 7")).toBe(true);
    expect(holds("not (layer = 4 or head = 7)")).toBe(false);
    expect(holds("not not layer = 3")).toBe(true);
  });

  it("on what is not defined holds neither way round", () => {
    expect(holds("gini > 0")).toBeNull();
    expect(holds("not gini > 0")).toBeNull();
    expect(holds("gini != 0")).toBeNull();
    expect(holds("beyond_chance", { beyondChance: null })).toBeNull();
  });

  it("is decided by what is known where that suffices", () => {
    expect(holds("gini > 0 or layer = 3")).toBe(true);
    expect(holds("gini > 0 and layer = 4")).toBe(false);
    expect(holds("gini > 0 and layer = 3")).toBeNull();
  });
});

describe("a condition that can't be read", () => {
  it.each([
    ["entropi < 2", "“entropi” is not the name of a statistic (character 1)"],
    ["entropy < 2 and foo > 1", "“foo” is not the name of a statistic (character 17)"],
    ["entropy 2", "Expected a comparison such as “>”, not “2” (character 9)"],
    ["entropy <", "Expected a number or the name of a statistic at the end (character 10)"],
    ["entropy < )", "Expected a number or the name of a statistic, not “)” (character 11)"],
    ["(entropy < 2", "Expected “)” at the end (character 13)"],
    ["entropy < 2 layer = 1", "Expected “and”, “or” or the end, not “layer” (character 13)"],
    ["entropy < 2 & layer = 1", "“&” has no meaning here (character 13)"],
    ['block = "text', "The quotes are not closed (character 9)"],
    ["block = 3", "A block is compared with a name in quotes (character 1)"],
    ['block > "text"', "A block is compared by “=” or “!=” (character 7)"],
    ["1 < entropy < 2", "Expected “and”, “or” or the end, not “<” (character 13)"],
  ])("%s: %s", (text, message) => expect(complaint(text)).toBe(message));
});

it("holds names that are not words in quotes", () => {
  expect([written("entropy"), written("own, in %")]).toEqual(["entropy", '"own, in %"']);
});

describe("the completion of a condition", () => {
  it("offers names for its last word, with what stands before", () => {
    expect(completions("layer > 2 and en", ["entropy", "hoyer", "end"])).toEqual([
      "layer > 2 and entropy",
      "layer > 2 and end",
    ]);
  });

  it("offers every name where a word begins, and none that is complete", () => {
    expect(completions("", ["entropy", "hoyer"])).toEqual(["entropy", "hoyer"]);
    expect(completions("(entropy", ["entropy", "hoyer"])).toEqual([]);
  });
});
