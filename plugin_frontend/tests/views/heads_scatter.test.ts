import { describe, expect, it } from "vitest";
import type { StatisticsFrame } from "../../src/frames";
import type { BlockStatistics, Statistic } from "../../src/schema";
import { axesShown, blocksWithout, drawable, extentOf, looks, movedHeads, placedHeads } from "../../src/views/heads/scatter";
import { block, manifest } from "../manifests";

const statistic = (name: string): Statistic => ({ name, title: name, unit: "", description: "", custom: false });

/** Blocks of one layer and two heads each, with those statistics. */
function frame(blocks: Record<string, Record<string, [number, number]>>): StatisticsFrame {
  return {
    manifest: manifest([], Object.keys(blocks).map((name) => ({ ...block(name, "text", "text", [3]), heads: 2 }))),
    blocks: Object.values(blocks).map((values): BlockStatistics => ({
      statistics: Object.keys(values),
      layers: 1,
      heads: 2,
      values: Float32Array.from(Object.values(values).flat()),
      layerMean: new Float32Array(Object.keys(values).length),
    })),
  };
}

const FRAME = frame({
  self: { entropy: [1, 2], hoyer: [0.25, 0.5], mass_text_to_image: [NaN, NaN] },
  cross: { entropy: [3, NaN], hoyer: [0.5, 0.75], mass_text_to_image: [1, 1] },
});
const OFFERED = ["hoyer", "entropy", "mass_text_to_image"].map(statistic);

describe("heads as points", () => {
  const heads = placedHeads(FRAME, "entropy", "hoyer");

  it("are those of all blocks, by the layers' own numbers", () => {
    expect(heads.map(({ key, place }) => [key, ...place])).toEqual([
      ["self:3.0", 1, 0.25],
      ["self:3.1", 2, 0.5],
      ["cross:3.0", 3, 0.5],
      ["cross:3.1", NaN, 0.75],
    ]);
  });

  it("can be drawn where both statistics are defined; blocks without such a head are named", () => {
    expect(drawable(heads).map(({ key }) => key)).toEqual(["self:3.0", "self:3.1", "cross:3.0"]);
    expect(blocksWithout(heads, drawable(heads))).toEqual([]);
    const none = placedHeads(FRAME, "entropy", "mass_text_to_image");
    expect(blocksWithout(none, drawable(none))).toEqual(["self"]);
  });

  it("move from A to B where both have them", () => {
    const before = placedHeads(frame({ self: { entropy: [5, 6], hoyer: [0, 1] } }), "entropy", "hoyer");
    expect(movedHeads(before, heads).map(({ key, from }) => [key, from])).toEqual([
      ["self:3.0", [5, 0]],
      ["self:3.1", [6, 1]],
    ]);
  });

  it("all lie within the axes, with room around them, where they were before as well", () => {
    const { x } = extentOf([{ ...heads[0], from: [9, 0] }]);
    expect(x[0]).toBeLessThan(1);
    expect(x[1]).toBeGreaterThan(9);
  });
});

describe("the axes", () => {
  const names = (across: string | null, up: string | null) =>
    axesShown(FRAME, OFFERED, across, up)?.map(({ name }) => name);

  it("are those that the user chose", () => {
    expect(names("mass_text_to_image", "entropy")).toEqual(["mass_text_to_image", "entropy"]);
  });

  it("are otherwise the mass from text to image over the entropy, where most heads have them and differ", () => {
    const telling = frame({ self: { entropy: [1, 2], hoyer: [0.25, 0.5], mass_text_to_image: [0.1, 0.2] } });
    expect(axesShown(telling, OFFERED, null, null)?.map(({ name }) => name)).toEqual(["entropy", "mass_text_to_image"]);
    expect(names(null, null)).toEqual(["entropy", "hoyer"]);
  });

  it("are two different ones, none where fewer were logged", () => {
    expect(names("hoyer", null)).not.toEqual(["hoyer", "hoyer"]);
    expect(axesShown(FRAME, [statistic("entropy")], null, null)).toBeNull();
  });
});

it("gives each block a shape, and colours by layer or by block", () => {
  const byBlock = looks(["self", "cross"], [0, 4], "block");
  expect(byBlock.shapeOf("self")).not.toBe(byBlock.shapeOf("cross"));
  expect(byBlock.colourOf({ block: "self", layer: 0 })).toBe(byBlock.colourOf({ block: "self", layer: 4 }));
  const byLayer = looks(["self", "cross"], [0, 4], "layer");
  expect(byLayer.colourOf({ block: "self", layer: 2 })).toBe(byLayer.colourOf({ block: "cross", layer: 2 }));
  expect(byLayer.colourOf({ block: "self", layer: 0 })).not.toBe(byLayer.colourOf({ block: "self", layer: 4 }));
});
