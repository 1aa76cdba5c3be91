import { describe, expect, it } from "vitest";
import type { RelevancyFrame } from "../../src/frames";
import { methodShown } from "../../src/views/relevancy/shown";
import { coAttention, relevancyMap } from "../manifests";

const METHOD = { name: "relevancy", title: "Relevancy", description: "" };
const RED = { target: "red", position: null };

function frame(step: number, text: number[], image: number[], target = "red"): RelevancyFrame {
  const scores = new Map([["text", new Float32Array(text)], ["image", new Float32Array(image)]]);
  return {
    manifest: { ...coAttention, step },
    maps: [{ ...relevancyMap("relevancy", target), scores }],
  };
}

const early = frame(0, [9, 1, 0, 1, 0], [2, 0, 0, 0]);
const late = frame(10, [9, 0, 4, 0, 0], [0, 0, 0, 8]);
const without: RelevancyFrame = { manifest: { ...coAttention, step: 5 }, maps: [] };

const shown = (a: RelevancyFrame | null, b: RelevancyFrame | null, asDifference = false) =>
  methodShown(METHOD, RED, { a, b }, b ? ["a", "b"] : ["a"], asDifference);

describe("a method's maps", () => {
  it("are shown on the image tokens and on the words", () => {
    const [{ pictures, words }] = shown(early, null).sides;
    expect(pictures.map(({ sequence, positions }) => [sequence.name, positions])).toEqual([["image", [0, 1, 2, 3]]]);
    expect(words.map(({ sequence }) => sequence.name)).toEqual(["text"]);
  });

  it("have one scale for both sides, up to the largest score but those of special tokens", () => {
    const { pictureScale, wordScale } = shown(early, late);
    expect(pictureScale).toEqual({ low: 0, high: 8, diverging: false });
    expect(wordScale).toEqual({ low: 0, high: 4, diverging: false });
  });

  it("have a scale symmetric about zero where a method also speaks against the target", () => {
    expect(shown(frame(0, [0, 0, 0, 0, 0], [1, -3, 0, 0]), null).pictureScale).toEqual({ low: -3, high: 3, diverging: true });
  });

  it("that one side lacks are missed there by name, step and run", () => {
    const { sides } = shown(early, without);
    expect(sides.map(({ missing }) => missing)).toEqual([null, "Relevancy was not logged at step 5 of run."]);
    expect(sides[1].pictures).toEqual([]);
  });

  it("say what they explain on each side", () => {
    const { sides } = shown(early, frame(10, [0, 1, 0, 0, 0], [0, 0, 0, 1], "blue"));
    expect(sides.map(({ explains }) => explains.map(({ target }) => target))).toEqual([["red"], ["blue"]]);
  });
});

describe("the difference of a method's maps", () => {
  it("is that of their shares, so that neither is larger as a whole", () => {
    const a = frame(0, [0, 1, 0, 0, 0], [3, 0, 0, 0]);
    const b = frame(10, [0, 0, 0, 0, 0], [0, 0, 0, 200]);
    const { sides, pictureScale } = shown(a, b, true);
    expect([...sides[0].pictures[0].weights!]).toEqual([-0.75, 0, 0, 1]);
    expect([...sides[0].words[0].weights!]).toEqual([0, -0.25, 0, 0, 0]);
    expect(pictureScale).toEqual({ low: -1, high: 1, diverging: true });
  });

  it("is missing where either map is", () => {
    for (const pair of [[early, without], [without, late]] as const) {
      const [{ missing, pictures }] = shown(...pair, true).sides;
      expect(missing).toContain("step 5");
      expect(pictures).toEqual([]);
    }
  });

  it("waits until both sides show the same example", () => {
    const other = { ...late, manifest: { ...late.manifest, tag: "val/1" } };
    expect(shown(early, other, true).sides).toEqual([]);
  });
});
