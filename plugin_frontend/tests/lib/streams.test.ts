import { describe, expect, it } from "vitest";
import { chosenStream, streamsOf } from "../../src/lib/streams";
import { block, coAttention, manifest, singleStream } from "../manifests";

const [words, patches] = coAttention.sequences;
const states = (sequence: string, features = 64) => ({ sequence, layers: [0, 1], features });
const both = { ...coAttention, hidden_states: [states("text"), states("image")] };
const tower = {
  ...manifest(
    [{ ...patches, name: "tower" }, singleStream.sequences[0]],
    [block("vision", "tower", "tower", [0]), block("self", "joint", "joint", [0])],
  ),
  hidden_states: [states("tower"), states("joint")],
};

describe("streams", () => {
  it("hold the sequences that attend to each other, through others too", () => {
    expect(streamsOf(both)).toEqual([["text", "image"]]);
    const chain = manifest(
      [words, patches, { ...words, name: "answer" }],
      [block("a", "answer", "image", [0]), block("b", "image", "text", [0])],
    );
    expect(streamsOf({ ...chain, hidden_states: [states("answer"), states("image"), states("text")] })).toEqual([
      ["answer", "image", "text"],
    ]);
  });

  it("are apart where sequences never meet, or differ in width", () => {
    expect(streamsOf(tower)).toEqual([["tower"], ["joint"]]);
    expect(streamsOf({ ...both, hidden_states: [states("text"), states("image", 32)] })).toEqual([["text"], ["image"]]);
  });

  it("are chosen by their first sequence, at first one that has words and patches", () => {
    expect(chosenStream(tower, "tower")).toEqual(["tower"]);
    expect(chosenStream(tower, null)).toEqual(["joint"]);
    expect(chosenStream(both, "gone")).toEqual(["text", "image"]);
    expect(chosenStream(coAttention, null)).toEqual([]);
  });
});
