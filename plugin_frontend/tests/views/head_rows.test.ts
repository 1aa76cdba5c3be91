import { describe, expect, it } from "vitest";
import type { StatisticsFrame } from "../../src/frames";
import { headRows, readOrder, sorted, writeOrder, type HeadRow } from "../../src/views/heads/rows";
import { block, coAttention, manifest } from "../manifests";

/** Two blocks of one layer and four heads: entropy is 0 to 3 and 10 to 13, hoyer only in the second. */
const FRAME: StatisticsFrame = {
  manifest: manifest(coAttention.sequences, [block("language", "text", "text", [2]), block("vision", "image", "image", [5])]),
  blocks: [
    { statistics: ["entropy"], layers: 1, heads: 4, values: Float32Array.of(0, 1, 2, 3), layerMean: Float32Array.of(1.5) },
    {
      statistics: ["hoyer", "entropy"],
      layers: 1,
      heads: 4,
      values: Float32Array.of(0.5, 0.25, NaN, 0.75, 10, 11, 12, 13),
      layerMean: Float32Array.of(0.5, 11.5),
    },
  ],
};

const CHANGE = Float32Array.of(0.1, -0.4, NaN, 0.2);

function rows(): HeadRow[] {
  const { attention } = FRAME.manifest;
  const values = { layers: [2], heads: 4, values: CHANGE, layerMean: new Float32Array(1), beyondChance: Uint8Array.of(0, 1, 0, 0) };
  const changes = [{ block: attention[0], obstacle: null, matrices: [{ side: "both" as const, values }] }];
  return headRows({ frame: FRAME, statistic: "entropy", second: "hoyer", changes, histories: null, picked: ["vision:5.1"] });
}

const keys = (found: HeadRow[]) => found.map(({ key }) => key);

describe("the rows of heads", () => {
  it("hold every head of every block, with the layer's own number", () => {
    expect(keys(rows())).toEqual([0, 1, 2, 3].map((head) => `language:2.${head}`).concat([0, 1, 2, 3].map((head) => `vision:5.${head}`)));
  });

  it("know the statistics, what changed beyond chance, and which are picked", () => {
    const found = rows();
    expect(found[5]).toMatchObject({ value: 11, second: 0.25, change: NaN, beyondChance: null, picked: true });
    expect(found[1]).toMatchObject({ value: 1, second: NaN, beyondChance: true, picked: false });
    expect(found[5].statistic("hoyer")).toBe(0.25);
    expect(found[1].statistic("hoyer")).toBeNaN();
  });
});

describe("sorted rows", () => {
  it("by change go by its size, and what is not defined comes last both ways round", () => {
    const language = rows().slice(0, 4);
    expect(keys(sorted(language, readOrder("-change")))).toEqual(["language:2.1", "language:2.3", "language:2.0", "language:2.2"]);
    expect(keys(sorted(language, readOrder("change")))).toEqual(["language:2.0", "language:2.3", "language:2.1", "language:2.2"]);
  });

  it("by block keep the order of its heads", () => {
    expect(keys(sorted(rows(), readOrder("-block"))).slice(0, 5)).toEqual(["vision:5.0", "vision:5.1", "vision:5.2", "vision:5.3", "language:2.0"]);
  });

  it("stay as they are where the link names no column", () => {
    expect(readOrder(null)).toBeNull();
    expect(readOrder("-colour")).toBeNull();
    expect(keys(sorted(rows(), null))).toEqual(keys(rows()));
  });

  it("are the same after the order went through a link", () => {
    for (const sort of ["-change", "layer"]) expect(writeOrder(readOrder(sort)!)).toBe(sort);
  });
});
