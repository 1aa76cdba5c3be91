import { describe, expect, it } from "vitest";
import { colourAt, css, diverging, divergingDark, inkOn, luminance, magma, magmaOnLight, viridis, type Rgb } from "../../src/lib/colour";

/** Matplotlib's own values. */
const VIRIDIS: [number, Rgb][] = [[0, [68, 1, 84]], [0.25, [59, 82, 139]], [0.5, [33, 145, 140]], [0.75, [94, 201, 98]], [1, [253, 231, 37]]];
const MAGMA: [number, Rgb][] = [[0, [0, 0, 4]], [0.25, [81, 18, 124]], [0.5, [183, 55, 121]], [0.75, [252, 137, 97]], [1, [252, 253, 191]]];

function distance(first: Rgb, second: Rgb): number {
  return Math.max(...first.map((channel, index) => Math.abs(channel - second[index])));
}

describe("colour maps", () => {
  it.each(VIRIDIS)("viridis at %f is matplotlib's within 6 of 255", (place, colour) => {
    expect(distance(colourAt(viridis, place), colour)).toBeLessThanOrEqual(6);
  });

  it.each(MAGMA)("magma at %f is matplotlib's within 6 of 255", (place, colour) => {
    expect(distance(colourAt(magma, place), colour)).toBeLessThanOrEqual(6);
  });

  it.each([["viridis", viridis], ["magma", magma]])("%s gets lighter from end to end", (_, table) => {
    const lightness = Array.from({ length: 9 }, (_unused, index) => luminance(colourAt(table, index / 8)));
    expect(lightness).toEqual([...lightness].sort((a, b) => a - b));
  });

  it("magma on light gets darker from the page's white on", () => {
    const lightness = Array.from({ length: 9 }, (_unused, index) => luminance(colourAt(magmaOnLight, index / 8)));
    expect(lightness).toEqual([...lightness].sort((a, b) => b - a));
    expect(lightness[0]).toBeGreaterThan(0.85);
  });

  it("shows less in blue and more in red, on light and on dark pages", () => {
    for (const table of [diverging, divergingDark]) {
      const [less, more] = [colourAt(table, 0.2), colourAt(table, 0.8)];
      expect(less[2]).toBeGreaterThan(less[0]);
      expect(more[0]).toBeGreaterThan(more[2]);
    }
  });

  it("shows no change as the colour that recedes: lightest on light pages, darkest on dark ones", () => {
    const light = [0, 0.5, 1].map((place) => luminance(colourAt(diverging, place)));
    const dark = [0, 0.5, 1].map((place) => luminance(colourAt(divergingDark, place)));
    expect(Math.max(...light)).toBe(light[1]);
    expect(Math.min(...dark)).toBe(dark[1]);
  });

  it("clamps what lies outside", () => {
    expect(colourAt(viridis, -1)).toEqual(colourAt(viridis, 0));
    expect(colourAt(viridis, 2)).toEqual(colourAt(viridis, 1));
  });
});

describe("text on colours", () => {
  it.each([
    ["viridis", viridis],
    ["magma", magma],
    ["magma on light", magmaOnLight],
    ["diverging", diverging],
    ["diverging, dark", divergingDark],
  ])(
    "contrasts at least 4.5 to 1 everywhere on %s",
    (_, table) => {
      for (let index = 0; index <= 255; index++) {
        const background = colourAt(table, index / 255);
        const ink = inkOn(background) === "black" ? 0 : 1;
        const [dark, light] = [ink, luminance(background)].sort((a, b) => a - b);
        expect((light + 0.05) / (dark + 0.05)).toBeGreaterThan(4.5);
      }
    },
  );
});

it("writes CSS colours with and without opacity", () => {
  expect(css([1, 2, 3])).toBe("rgb(1 2 3)");
  expect(css([1, 2, 3], 0.25)).toBe("rgb(1 2 3 / 0.250)");
});
