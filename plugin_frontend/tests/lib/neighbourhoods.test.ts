import { describe, expect, it } from "vitest";
import {
  changedRows,
  evenly,
  farthest,
  findPair,
  newAgainst,
  newcomers,
  pairTitle,
  type NeighbourColumn,
} from "../../src/lib/neighbourhoods";
import type { ChurnedToken, Neighbour } from "../../src/schema";

function at(token: number, text = `word ${token}`, tag = "val/0"): Neighbour {
  return { tag, sequence: "text", token, text, modality: "text", distance: token / 10, box: null, image: null };
}

function column(number: number, ...neighbours: Neighbour[]): NeighbourColumn {
  return { number, neighbours };
}

function churned(token: number, churn: number | null, farther: number | null, modality: "text" | "image" = "text"): ChurnedToken {
  const { distance, ...described } = at(token);
  return { ...described, modality, churn: { all: churn }, farther: { all: farther } };
}

describe("columns of neighbours", () => {
  it("mark who is not in the column before", () => {
    const columns = [column(0, at(1), at(2)), column(1, at(2), at(3)), column(2, at(2), at(3))];
    expect(newcomers(columns, false)).toEqual([[false, false], [false, true], [false, false]]);
  });

  it("know a word again in another example where each word is found once", () => {
    const columns = [column(0, at(1, "red", "val/0")), column(1, at(7, "red", "val/5"))];
    expect(newcomers(columns, true)).toEqual([[false], [false]]);
    expect(newcomers(columns, false)).toEqual([[false], [true]]);
  });

  it("never take one patch for another", () => {
    const patch = (tag: string): Neighbour => ({ ...at(3, "3", tag), modality: "image", box: [0, 0, 1, 1], image: tag });
    expect(newcomers([column(0, patch("a")), column(1, patch("b"))], true)[1]).toEqual([true]);
  });

  it("of B mark who is not in A's of the same number", () => {
    const a = [column(0, at(1)), column(2, at(2))];
    expect(newAgainst([column(0, at(2)), column(1, at(2)), column(2, at(2))], a, false)).toEqual([[true], [false], [false]]);
  });

  it("have one scale", () => {
    expect(farthest([column(0, at(1)), column(1, at(9), at(2))])).toBe(0.9);
    expect(farthest([])).toBe(0);
  });
});

describe("of many steps", () => {
  const many = Array.from({ length: 100 }, (_, index) => 10 * index);

  it("some are shown: the first, the last and the chosen one too", () => {
    const some = evenly(many, 8, 330);
    expect(some).toHaveLength(8);
    expect([some[0], some[7]]).toEqual([0, 990]);
    expect(some).toContain(330);
    expect([...some].sort((first, second) => first - second)).toEqual(some);
  });

  it("all are where there is room", () => {
    expect(evenly([0, 5, 9], 8, 5)).toEqual([0, 5, 9]);
  });
});

describe("pairs of kinds", () => {
  const pairs = [{ from: "all", to: "all" }, { from: "text", to: "image" }];

  it("are found by name, else the first is meant", () => {
    expect(findPair(pairs, "text-image")).toBe(pairs[1]);
    expect(findPair(pairs, "smell-taste")).toBe(pairs[0]);
    expect(findPair([], null)).toBeNull();
    expect(pairs.map(pairTitle)).toEqual(["all tokens", "text → image"]);
  });

  it("list their own tokens, the most changed first, ties by distance", () => {
    const tokens = [churned(1, 0.5, 1), churned(2, 1, 1.5), churned(3, 1, 2), churned(4, 0.9, 9, "image"), churned(5, null, null)];
    const listed = (from: string, sort: string | null) => changedRows(tokens, { from, to: "all" }, sort).map(({ token }) => token);
    expect(listed("text", null)).toEqual([3, 2, 1]);
    expect(listed("all", null)).toEqual([3, 2, 4, 1]);
    expect(listed("all", "churn")).toEqual([1, 4, 2, 3]);
    expect(listed("all", "-farther")).toEqual([4, 3, 2, 1]);
    expect(listed("all", "tag")).toEqual([1, 2, 3, 4]);
  });
});
