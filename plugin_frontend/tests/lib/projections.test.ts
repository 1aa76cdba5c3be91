import { describe, expect, it } from "vitest";
import { atBookmark, readBookmark, unitedBookmarks, writeBookmark } from "../../src/lib/bookmarks";
import { readCamera, writeCamera } from "../../src/lib/camera_text";
import { directionTitle, readDirection, tokenGroups, usualDirections, writeDirection } from "../../src/lib/directions";
import { changeLines, packed, trailLabels, trailLines } from "../../src/lib/point_trails";
import { componentsShown, projectionArguments } from "../../src/lib/projections";
import { NOTHING_SELECTED } from "../../src/lib/selection";
import { POINT } from "../../src/lib/scatter";
import type { ExampleSummary } from "../../src/schema";
import { projected } from "./projected_points";

describe("the parameters of a projection", () => {
  const given = (change: object, directions: string[] = []) => projectionArguments({ ...NOTHING_SELECTED, ...change }, directions);

  it("are left out where they are as usual, so that equal pictures are asked for by equal addresses", () => {
    expect(given({ seed: 3, perplexity: 50 })).toEqual({});
    expect(given({ projection: "tsne", seed: 0, perplexity: 30 })).toEqual({ method: "tsne" });
  });

  it("are those of the method", () => {
    expect(given({ projection: "umap", inSpace: true, manifoldNeighbours: 5, perplexity: 50, seed: 3, basis: "stream", pooled: true })).toEqual({
      method: "umap", components: 3, neighbours: 5, seed: 3, basis: "stream", points: "pooled",
    });
  });

  it("leave out an alignment that the method or the runs don't have", () => {
    expect(given({ alignment: "previous" })).toEqual({});
    expect(given({ alignment: "procrustes", runA: "a", runB: "a" })).toEqual({});
    expect(given({ alignment: "procrustes", runA: "a", runB: "b" })).toEqual({ align: "procrustes" });
  });

  it("need an axis for each dimension", () => {
    expect(given({ projection: "axes" }, ["token:a|b|0"])).toBeNull();
    expect(given({ projection: "axes" }, ["token:a|b|0", "token:a|b|1"])).toEqual({ method: "axes", x: "token:a|b|0", y: "token:a|b|1" });
  });

  it("show two chosen components of a plane and all three of a space", () => {
    expect(componentsShown({ projection: "pca", inSpace: false, axes: [1, 2] }, 3)).toEqual([1, 2]);
    expect(componentsShown({ projection: "pca", inSpace: true, axes: [1, 2] }, 3)).toEqual([0, 1, 2]);
    expect(componentsShown({ projection: "tsne", inSpace: false, axes: [1, 2] }, 2)).toEqual([0, 1]);
  });
});

describe("custom axes", () => {
  const kinds = ["a, b", "c~d=e"].map((kind) => ({ correct: [true, false], fields: { "kind=1": [kind], loss: [0.5] } }) as unknown as ExampleSummary);
  const groups = tokenGroups(["text", "image", "padding"], kinds);

  it("lead between modalities, right and wrong, and values of fields that are no numbers", () => {
    expect(groups.map(({ label }) => label)).toEqual([
      "text tokens", "image tokens", "examples answered right", "examples answered wrong", "kind=1: a, b", "kind=1: c~d=e",
    ]);
  });

  it("lead to no group without an example", () => {
    const right = [{ correct: [true, null], fields: {} } as unknown as ExampleSummary];
    expect(tokenGroups(["text"], right).map(({ value }) => value)).toEqual(["modality=text", "correct=true"]);
  });

  it("are written so that no name is taken for a sign", () => {
    for (const { value: to } of groups) {
      const direction = { kind: "difference", to, from: groups[0].value } as const;
      expect(readDirection(writeDirection(direction))).toEqual(direction);
    }
    expect(groups.at(-1)!.value).toBe("field:kind%3D1=c%7Ed%3De");
    const token = { kind: "token", tag: "val|7, 100%", sequence: "text", token: 3 } as const;
    expect(writeDirection(token).split("|")).toHaveLength(3);
    expect(readDirection(writeDirection(token))).toEqual(token);
  });

  it("are differences of what there is at first", () => {
    const titles = usualDirections(groups, 3).map((written) => directionTitle(readDirection(written)!, groups, null));
    expect(titles).toEqual(["text tokens − image tokens", "examples answered right − examples answered wrong", "kind=1: a, b − kind=1: c~d=e"]);
  });
});

describe("a bookmark", () => {
  it("brings back the plot, and leaves run and step as they are", () => {
    const written = writeBookmark("near 7?", { view: "embeddings", step: "3", projection: "tsne", find: "a&b=c", camera: "1,2,3,4,5,6" });
    const bookmark = readBookmark(written)!;
    expect(bookmark.name).toBe("near 7?");
    expect(atBookmark({ view: "embeddings", step: "9", lasso: "x" }, bookmark)).toEqual({
      view: "embeddings", step: "9", projection: "tsne", find: "a&b=c", camera: "1,2,3,4,5,6",
    });
  });

  it("takes the place of one with the same name", () => {
    expect(unitedBookmarks(["a?find=2"], ["a?find=1", "b?"])).toEqual(["a?find=2", "b?"]);
  });
});

it("a camera is read as it was written; a garbled one is none", () => {
  const camera = { x: 1.5, y: -2, z: 0, half: 3.25, yaw: -0.6, pitch: 0.4 };
  expect(readCamera(writeCamera(camera))).toEqual(camera);
  expect([readCamera(""), readCamera("1,2,3"), readCamera("1,2,3,0,5,6"), writeCamera(null)]).toEqual([null, null, null, ""]);
});

describe("lines", () => {
  const points = projected([["val/1", "text", [0, 1], "text"]]);
  const codes = Uint8Array.from([4, 5]);

  it("follow one token each, in its colour", () => {
    const positions = Float32Array.from([1, 2, 3, 4, NaN, NaN, 5, 6, 7, 8, 9, 10]);
    const trail = { tag: "val/1", sequence: "text", tokens: [1, 0], places: [0, 5, 9], components: 2, positions };
    const lines = trailLines([trail], points, codes);
    expect(lines.map(({ colour, positions: places }) => [colour, [...places]])).toEqual([
      [5, [1, 2, 3, 4, NaN, NaN]],
      [4, [5, 6, 7, 8, 9, 10]],
    ]);
    expect(trailLines([trail], points, codes, (place) => 10 * place).map(({ colour }) => colour)).toEqual(
      trail.tokens.map(() => trail.places.map((place) => 10 * place)),
    );
    const labels = trailLabels([trail], (_, token) => `word ${token}`, String);
    expect(labels.map(({ place, text }) => [[...Array.from(place)], text])).toEqual([[[3, 4], "word 1"], [[9, 10], "word 0"]]);
  });

  it("from A to B join the same token, and leave out what is hidden", () => {
    const before = projected([["val/1", "text", [1], "text"]]);
    const { lines } = changeLines(before, points, codes, new Uint8Array(2), POINT.EMPHASISED, POINT.HIDDEN);
    expect(lines.map(({ positions }) => [...positions])).toEqual([[0, 0, 1, 10]]);
    expect(changeLines(before, points, codes, Uint8Array.from([0, POINT.HIDDEN]), POINT.EMPHASISED, POINT.HIDDEN).of).toBe(0);
  });

  it("of different lengths are packed as one, the shorter ones not defined at their end", () => {
    const line = (...positions: number[]) => ({ positions: Float32Array.from(positions), colour: 1, emphasis: false });
    const all = packed([line(1, 2), line(3, 4, 5, 6)], 2, 0)!;
    expect([all.places, [...all.positions]]).toEqual([2, [1, 2, NaN, NaN, 3, 4, 5, 6]]);
    expect([...packed([{ ...line(1, 2), colour: 7 }, { ...line(3, 4, 5, 6), colour: [8, 9] }], 2, 0)!.colours]).toEqual([7, 7, 8, 9]);
    expect(packed([], 2, 0)).toBeNull();
  });
});
