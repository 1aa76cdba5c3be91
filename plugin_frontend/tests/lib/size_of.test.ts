import { expect, it } from "vitest";
import { sizeOf } from "../../src/lib/size_of";

it("arrays weigh what their message weighs, however many lie on it", () => {
  const message = new ArrayBuffer(1_000_000);
  const answer = { values: new Float32Array(message, 0, 10), mean: new Float32Array(message, 80, 10) };
  expect(sizeOf(answer)).toBeGreaterThan(1_000_000);
  expect(sizeOf(answer)).toBeLessThan(1_001_000);
});

it("texts and lists weigh as much as there is of them", () => {
  const manifest = { tokens: Array.from({ length: 2000 }, (_, index) => `token${index}`), boxes: [[0, 0, 1, 1], null] };
  expect(sizeOf(manifest)).toBeGreaterThan(2000 * 2 * "token".length);
  expect(sizeOf(manifest)).toBeLessThan(200_000);
});

it("what several parts of an answer share is counted once", () => {
  const shared = "x".repeat(1000).split("");
  const map = new Map([["a", shared], ["b", shared]]);
  expect(sizeOf(map)).toBeLessThan(1.2 * sizeOf(shared));
});
