import { describe, expect, it } from "vitest";
import { colourAt, diverging, viridis } from "../../src/lib/colour";
import { differenceScale, weightScale, WEIGHT_OF_CODE } from "../../src/lib/matrix_scale";
import { differencePalette, differencePixels, weightPalette, weightPixels } from "../../src/painters/matrix";
import type { MatrixTile } from "../../src/schema";

function tile(weights: number[], logged = [1, 1], loggedKeys = [1, 1, 1]): MatrixTile {
  return {
    rows: 2,
    columns: 3,
    weights: Uint8Array.from(weights),
    logged: Uint8Array.from(logged),
    loggedKeys: Uint8Array.from(loggedKeys),
    counts: null,
  };
}

/** Red, green, blue and opacity of a cell, as a canvas reads them. */
function rgba(pixels: Uint32Array, cell: number): number[] {
  return [...new Uint8Array(pixels.buffer, 4 * cell, 4)];
}

const COUNTS = new Float64Array(256).fill(1);

describe("the picture of a tile", () => {
  it("has each weight in its colour", () => {
    const palette = weightPalette(weightScale("linear", COUNTS), viridis);
    const pixels = weightPixels(tile([0, 100, 255, 7, 8, 9]), palette);
    [0, 100, 255, 7, 8, 9].forEach((code, cell) => {
      expect(rgba(pixels, cell)).toEqual([...colourAt(viridis, WEIGHT_OF_CODE[code]), 255]);
    });
  });

  it("is clear where nothing was logged, so that the hatching shows", () => {
    const palette = weightPalette(weightScale("linear", COUNTS), viridis);
    const pixels = weightPixels(tile([9, 9, 9, 9, 9, 9], [0, 1], [1, 0, 1]), palette);
    expect([...pixels].map((pixel) => pixel !== 0)).toEqual([false, false, false, true, false, true]);
  });

  it("of a difference has what grew in red, what shrank in blue, what stayed in the middle", () => {
    const [a, b] = [tile([0, 255, 50, 0, 0, 0]), tile([255, 0, 50, 0, 0, 0], [1, 0])];
    const pixels = differencePixels(b, a, differencePalette(diverging), differenceScale("linear", b.weights, a.weights));
    expect(rgba(pixels, 0)).toEqual([...colourAt(diverging, 1), 255]);
    expect(rgba(pixels, 1)).toEqual([...colourAt(diverging, 0), 255]);
    expect(rgba(pixels, 2)).toEqual([...colourAt(diverging, 0.5), 255]);
    expect(pixels[3]).toBe(0);
  });
});
