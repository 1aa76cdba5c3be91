import { describe, expect, it } from "vitest";
import type { StatisticsFrame } from "../../src/frames";
import { blocksShown, commonScale, headValues } from "../../src/views/heads/statistics";
import { block, coAttention, manifest } from "../manifests";

/** Two layers of four heads; statistic s of layer l and head h is `base + 100 s + 10 l + h`. */
function frame(base: number): StatisticsFrame {
  const attention = [block("self", "text", "text", [3, 7])];
  const values = [0, 1].flatMap((statistic) =>
    [0, 1].flatMap((layer) => [0, 1, 2, 3].map((head) => base + 100 * statistic + 10 * layer + head)),
  );
  const layerMean = [0, 1].flatMap((statistic) => [0, 1].map((layer) => base + 100 * statistic + 10 * layer + 1.5));
  return {
    manifest: manifest(coAttention.sequences, attention),
    blocks: [
      {
        statistics: ["entropy", "hoyer"],
        layers: 2,
        heads: 4,
        values: Float32Array.from(values),
        layerMean: Float32Array.from(layerMean),
      },
    ],
  };
}

describe("a statistic of a block", () => {
  it("is cut out of the answer with its layer means", () => {
    expect(headValues(frame(0), "self", "hoyer")).toMatchObject({
      layers: [3, 7],
      heads: 4,
      values: Float32Array.of(100, 101, 102, 103, 110, 111, 112, 113),
      layerMean: Float32Array.of(101.5, 111.5),
    });
  });

  it("is null where it was not computed", () => {
    expect(headValues(frame(0), "self", "gini")).toBeNull();
    expect(headValues(frame(0), "other", "hoyer")).toBeNull();
  });
});

describe("the matrices of a block", () => {
  it("are one per side, on one scale", () => {
    const blocks = blocksShown({ a: frame(0), b: frame(50) }, "entropy", false);
    expect(blocks[0].matrices.map(({ side }) => side)).toEqual(["a", "b"]);
    expect(commonScale(blocks, false)).toMatchObject({ low: 0, high: 63 });
  });

  it("are B minus A as a difference, the means as well", () => {
    const [{ matrices }] = blocksShown({ a: frame(0), b: frame(50) }, "entropy", true);
    expect([...matrices[0].values.values]).toEqual(Array(8).fill(50));
    expect([...matrices[0].values.layerMean]).toEqual([50, 50]);
  });

  it("over samples are what was found for their pairs, with what is beyond chance", () => {
    const a = frame(0);
    const pairs = { ...frame(7).blocks[0], beyondChance: new Uint8Array(16).fill(1, 8), size: 5, test: "", effect: new Float32Array(16) };
    const change = { manifest: a.manifest, blocks: [pairs] };
    const [{ matrices }] = blocksShown({ a, b: frame(50) }, "hoyer", true, change);
    expect([...matrices[0].values.values]).toEqual([107, 108, 109, 110, 117, 118, 119, 120]);
    expect([...matrices[0].values.beyondChance!]).toEqual(Array(8).fill(1));
    const [{ obstacle }] = blocksShown({ a, b: frame(50) }, "hoyer", true, { ...change, blocks: [null] });
    expect(obstacle).toContain("Not compared");
  });

  it("are never a difference between two examples", () => {
    const other = frame(50);
    other.manifest = { ...other.manifest, tag: "val/9" };
    expect(blocksShown({ a: frame(0), b: other }, "entropy", true)).toEqual([]);
  });

  it("give the reason where the blocks don't fit", () => {
    const other = frame(50);
    other.manifest = { ...other.manifest, attention: [{ ...other.manifest.attention[0], heads: 8 }] };
    const [shown] = blocksShown({ a: frame(0), b: other }, "entropy", true);
    expect(shown.matrices).toEqual([]);
    expect(shown.obstacle).toContain("4 heads in A and 8 in B");
  });
});
