import { describe, expect, it } from "vitest";
import { beginsByItself, placeBeside, STOPS } from "../../src/lib/tour";

describe("the tour", () => {
  it("begins by itself on first use, in whatever view", () => {
    expect(beginsByItself({}, false)).toBe(true);
    expect(beginsByItself({ view: "relevancy" }, false)).toBe(true);
  });

  it("begins neither twice nor for who follows a link to something", () => {
    expect(beginsByItself({}, true)).toBe(false);
    expect(beginsByItself({ view: "heads", step: "900" }, false)).toBe(false);
  });

  it("is short", () => {
    expect(STOPS.length).toBeLessThanOrEqual(6);
    for (const { text } of STOPS) expect(text.length).toBeLessThan(140);
  });
});

describe("a note's place", () => {
  const page = { width: 1000, height: 700 };
  const note = { width: 300, height: 150 };
  const targets = {
    "at the top": { left: 0, top: 0, width: 1000, height: 60 },
    "at the bottom": { left: 400, top: 640, width: 100, height: 60 },
    "a column at the left": { left: 0, top: 0, width: 240, height: 700 },
    "a column at the right": { left: 760, top: 0, width: 240, height: 700 },
    "in a corner": { left: 950, top: 0, width: 50, height: 40 },
  };

  it.each(Object.entries(targets))("for a target %s is on the page and beside the target", (_, target) => {
    const { left, top } = placeBeside(target, note, page);
    expect(left).toBeGreaterThanOrEqual(0);
    expect(top).toBeGreaterThanOrEqual(0);
    expect(left + note.width).toBeLessThanOrEqual(page.width);
    expect(top + note.height).toBeLessThanOrEqual(page.height);
    const apart =
      left >= target.left + target.width ||
      left + note.width <= target.left ||
      top >= target.top + target.height ||
      top + note.height <= target.top;
    expect(apart).toBe(true);
  });
});
