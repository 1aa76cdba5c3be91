import { expect, it } from "vitest";
import { playableTokens } from "../../src/lib/playable";
import type { Modality } from "../../src/schema";
import { singleStream } from "../manifests";

const [joint] = singleStream.sequences;
const [block] = singleStream.attention;

it("words are played where a word is chosen, patches where a patch is, those not logged never", () => {
  expect(playableTokens(joint, block, [6], "query")).toEqual([4, 5, 6, 7, 8]);
  expect(playableTokens(joint, block, [1], "key")).toEqual([0, 1, 2, 3]);
  expect(playableTokens(joint, block, [1], "query")).toEqual([]);
});

it("the generated tokens are played in order where there are any", () => {
  const modality = joint.modality.map((kind, index): Modality => (index >= 7 ? "generated" : kind));
  expect(playableTokens({ ...joint, modality }, block, [1], "query")).toEqual([7, 8]);
});
