import { expect, it } from "vitest";
import { seriesOf } from "../../src/lib/series";

it("every method has a look of its own, the random order recedes", () => {
  const names = Array.from({ length: 12 }, (_, index) => `method ${index}`);
  const looks = seriesOf([...names, "random", "random"]);
  expect(looks.size).toBe(13);
  expect(new Set([...looks.values()].map(({ colour, dash }) => `${colour} ${dash}`)).size).toBe(13);
  expect(looks.get("random")).toEqual({ colour: "var(--muted)", dash: "3 3" });
});

it("the random order takes no other method's colour", () => {
  expect(seriesOf(["random", "relevancy"]).get("relevancy")).toEqual(seriesOf(["relevancy"]).get("relevancy"));
});
