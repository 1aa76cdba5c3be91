import { describe, expect, it } from "vitest";
import { explainedOf, findMap, methodsOf, sharesOf } from "../../src/lib/maps";
import { relevancyMap } from "../manifests";

const red = relevancyMap("relevancy", "red");
const blue = relevancyMap("relevancy", "blue");
const rollout = relevancyMap("rollout", "red");
const word = (target: string, position: number) => relevancyMap("relevancy", target, position);

describe("the maps of an example", () => {
  it("are of methods, each named once, as logged", () => {
    expect(methodsOf([rollout, red, blue]).map(({ name }) => name)).toEqual(["rollout", "relevancy"]);
  });

  it("explain targets, each once, generated words in the order of the answer", () => {
    expect(explainedOf([red, rollout, blue]).map(({ target }) => target)).toEqual(["red", "blue"]);
    const answer = [word("tile", 9), word("the", 8), word("the", 11)];
    expect(explainedOf(answer)).toEqual([
      { target: "the", position: 8 },
      { target: "tile", position: 9 },
      { target: "the", position: 11 },
    ]);
  });
});

describe("the map shown", () => {
  it("is of the method, and of what is to be explained", () => {
    expect(findMap([rollout, red, blue], "relevancy", { target: "blue", position: null })).toBe(blue);
    expect(findMap([word("the", 8), word("the", 11)], "relevancy", { target: "the", position: 11 })?.position).toBe(11);
  });

  it("is the closest there is where another checkpoint answered otherwise", () => {
    const other = [word("a", 7), word("the", 8), word("red", 9)];
    expect(findMap(other, "relevancy", { target: "the", position: 12 })?.position).toBe(8);
    expect(findMap(other, "relevancy", { target: "blue", position: 9 })?.target).toBe("red");
    expect(findMap(other, "relevancy", { target: "blue", position: 30 })?.target).toBe("a");
    expect(findMap([blue], "relevancy", { target: "red", position: null })).toBe(blue);
  });

  it("is never of another method", () => {
    expect(findMap([red, blue], "rollout", { target: "red", position: null })).toBeNull();
  });
});

describe("the shares of a map", () => {
  it("add up to one over all its sequences, without the tokens that have no score", () => {
    const shares = sharesOf(new Map([["text", new Float32Array([1, NaN])], ["image", new Float32Array([2, -1])]]));
    expect([...shares.get("text")!]).toEqual([0.25, NaN]);
    expect([...shares.get("image")!]).toEqual([0.5, -0.25]);
  });

  it("of a map of zeros are zeros", () => {
    expect([...sharesOf(new Map([["text", new Float32Array(2)]])).get("text")!]).toEqual([0, 0]);
  });
});
