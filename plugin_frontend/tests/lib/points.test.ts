import { describe, expect, it } from "vitest";
import { findPoint, identity, MODALITIES, pointCloud, trails } from "../../src/lib/points";
import type { Projection } from "../../src/schema";

function projection(positions: number[][], tokens: number[]): Projection {
  const count = positions.length;
  return {
    tags: ["val/1", "val/2"],
    sequences: ["text", "image"],
    modalities: ["image", "text"],
    explainedVariance: [0.5, 0.2, 0.1],
    extent: [[0, 1], [0, 1], [0, 1]],
    fittedOn: { points: count, steps: 1, runs: ["run"] },
    count,
    positions: Float32Array.from(positions.flat()),
    example: Int32Array.from(tokens, (_, index) => index % 2),
    token: Int32Array.from(tokens),
    sequence: new Int32Array(count),
    modality: Uint8Array.from(tokens, (_, index) => index % 2),
  };
}

const a = projection([[1, 2, 3], [4, 5, 6]], [0, 0]);
const b = projection([[1.5, 2, 3], [4, 5.5, 6], [7, 8, 9]], [0, 0, 1]);

describe("the points of a projection", () => {
  it("show the two components asked for", () => {
    expect([...pointCloud(a, [0, 2], null).positions]).toEqual([1, 3, 4, 6]);
  });

  it("are coloured by the page's modalities, whatever the server's order", () => {
    expect([...pointCloud(a, [0, 1], null).kinds].map((kind) => MODALITIES[kind])).toEqual(["image", "text"]);
  });

  it("stand out where they belong to the chosen example", () => {
    expect([...pointCloud(a, [0, 1], "val/2").emphasis]).toEqual([0, 1]);
    expect([...pointCloud(a, [0, 1], "val/9").emphasis]).toEqual([0, 0]);
  });

  it("know their token, and are found by it", () => {
    expect(identity(a, 1)).toEqual({ tag: "val/2", sequence: "text", token: 0 });
    expect(findPoint(b, identity(a, 1))).toBe(1);
    expect(findPoint(a, { tag: "val/1", sequence: "text", token: 9 })).toBe(-1);
  });
});

it("trails lead each token from A to B and leave out what A lacks", () => {
  const lines = trails(a, b, [0, 1], "val/1");
  expect([...lines.positions]).toEqual([1, 2, 1.5, 2, 4, 5, 4, 5.5]);
  expect([...lines.emphasis]).toEqual([1, 0]);
});
