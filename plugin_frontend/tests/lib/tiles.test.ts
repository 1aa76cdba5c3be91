import { describe, expect, it } from "vitest";
import {
  cameraOf,
  coarserThan,
  coarsestLevel,
  levelsAt,
  neighbourTiles,
  overviewAddress,
  panned,
  pieceFor,
  showing,
  tileName,
  TILE,
  visibleTiles,
  wholeWindow,
  windowOf,
  zoomed,
  type TileAddress,
} from "../../src/lib/tiles";

const SHAPE = { queries: 4096, keys: 4096 };
const LONG = { queries: 20, keys: 3000 };
const PLOT = { width: 800, height: 500 };

/** The tokens that a tile covers. */
function covers({ level, keyLevel, row, column }: TileAddress) {
  const [down, across] = [TILE * 2 ** level, TILE * 2 ** keyLevel];
  return { x0: column * across, y0: row * down, x1: (column + 1) * across, y1: (row + 1) * down };
}

describe("the camera of a matrix", () => {
  it("shows all of it at first, as large as the plot allows", () => {
    const camera = cameraOf(wholeWindow(SHAPE), SHAPE, PLOT, 1.6);
    expect(windowOf(camera, SHAPE, PLOT)).toEqual(wholeWindow(SHAPE));
    expect(camera.perQuery * 4096).toBeCloseTo(500);
    expect(camera.perKey * 4096).toBeCloseTo(800);
  });

  it("stretches cells no more than it may", () => {
    const camera = cameraOf(wholeWindow(SHAPE), SHAPE, { width: 2000, height: 500 }, 1.5);
    expect(camera.perKey / camera.perQuery).toBeCloseTo(1.5);
    expect(camera.perQuery * 4096).toBeCloseTo(500);
  });

  it("zooms about the pointer", () => {
    const before = cameraOf(wholeWindow(SHAPE), SHAPE, PLOT, 1.6);
    const after = zoomed(before, 8, [600, 300], SHAPE, PLOT, 1.6);
    expect(after.perKey).toBeCloseTo(8 * before.perKey);
    expect(after.x + 600 / after.perKey).toBeCloseTo(before.x + 600 / before.perKey);
    expect(after.y + 300 / after.perQuery).toBeCloseTo(before.y + 300 / before.perQuery);
  });

  it("goes neither beyond the edges nor farther than the whole", () => {
    const near = zoomed(cameraOf(wholeWindow(SHAPE), SHAPE, PLOT, 1.6), 30, [0, 0], SHAPE, PLOT, 1.6);
    const corner = panned(near, [-1e6, -1e6], SHAPE, PLOT, 1.6);
    expect(windowOf(corner, SHAPE, PLOT)).toMatchObject({ x1: 4096, y1: 4096 });
    expect(panned(near, [1e6, 1e6], SHAPE, PLOT, 1.6)).toMatchObject({ x: 0, y: 0 });
    const away = zoomed(near, 1e-6, [400, 250], SHAPE, PLOT, 1.6);
    expect(windowOf(away, SHAPE, PLOT)).toEqual(wholeWindow(SHAPE));
  });

  it.each([
    [1, 60],
    [3, 25],
    [40, 700],
  ])("comes back from the window that it shows: zoomed %d times at %d pixels", (factor, at) => {
    for (const stretch of [1, 1.6, Infinity]) {
      const camera = zoomed(cameraOf(wholeWindow(SHAPE), SHAPE, PLOT, stretch), factor, [at, at / 2], SHAPE, PLOT, stretch);
      const again = cameraOf(windowOf(camera, SHAPE, PLOT), SHAPE, PLOT, stretch);
      for (const name of ["x", "y", "perKey", "perQuery"] as const) expect(again[name]).toBeCloseTo(camera[name], 6);
    }
  });

  it("opens what is left of a window on a smaller matrix", () => {
    const camera = cameraOf({ x0: 3000, y0: 0, x1: 4000, y1: 900 }, { queries: 30, keys: 40 }, PLOT, 1.6);
    const { x0, y0, x1, y1 } = windowOf(camera, { queries: 30, keys: 40 }, PLOT);
    expect(x0).toBeGreaterThanOrEqual(0);
    expect(x1).toBeLessThanOrEqual(40);
    expect(y0).toBe(0);
    expect(y1).toBeCloseTo(30);
  });

  it("moves as little as needed to show a cell", () => {
    const near = zoomed(cameraOf(wholeWindow(SHAPE), SHAPE, PLOT, 1.6), 40, [400, 250], SHAPE, PLOT, 1.6);
    const cell = { query: Math.floor(near.y) + 2, key: Math.floor(near.x) - 5 };
    const moved = showing(near, cell, SHAPE, PLOT, 1.6);
    expect(moved.x).toBe(cell.key);
    expect(moved.y).toBe(near.y);
  });
});

describe("tiles", () => {
  it.each([
    [1, 0],
    [256, 0],
    [257, 1],
    [4096, 4],
    [4097, 5],
  ])("%d tokens fit into one tile at level %d, as on the server", (tokens, level) => {
    expect(coarsestLevel(tokens)).toBe(level);
  });

  it("have cells of at least a pixel, and of less than two where there is a finer level", () => {
    for (const factor of [1, 2.3, 5, 16, 100]) {
      const camera = zoomed(cameraOf(wholeWindow(SHAPE), SHAPE, PLOT, 1.6), factor, [0, 0], SHAPE, PLOT, 1.6);
      for (const density of [1, 2]) {
        const { level } = levelsAt(camera, density, SHAPE);
        const pixels = camera.perQuery * density * 2 ** level;
        if (level < 4) expect(pixels).toBeGreaterThanOrEqual(1 - 1e-6);
        if (level > 0) expect(pixels).toBeLessThan(2);
      }
    }
  });

  it("cover what is shown, each needed, those in the middle first", () => {
    const camera = zoomed(cameraOf(wholeWindow(SHAPE), SHAPE, PLOT, 1.6), 9, [500, 320], SHAPE, PLOT, 1.6);
    const shown = windowOf(camera, SHAPE, PLOT);
    const tiles = visibleTiles(camera, 1, SHAPE, PLOT).map(covers);
    for (let step = 0; step <= 20; step++) {
      const x = shown.x0 + ((shown.x1 - shown.x0) * step) / 20.001;
      const y = shown.y0 + ((shown.y1 - shown.y0) * step) / 20.001;
      expect(tiles.filter(({ x0, y0, x1, y1 }) => x >= x0 && x < x1 && y >= y0 && y < y1)).toHaveLength(1);
    }
    for (const { x0, y0, x1, y1 } of tiles) {
      expect(x0 < shown.x1 && x1 > shown.x0 && y0 < shown.y1 && y1 > shown.y0).toBe(true);
    }
    const away = tiles.map(({ x0, y0, x1, y1 }) =>
      Math.hypot((x0 + x1 - shown.x0 - shown.x1) / 2, (y0 + y1 - shown.y0 - shown.y1) / 2),
    );
    expect(away).toEqual([...away].sort((first, second) => first - second));
  });

  it("fetched ahead are none of those in sight", () => {
    const camera = zoomed(cameraOf(wholeWindow(SHAPE), SHAPE, PLOT, 1.6), 20, [500, 320], SHAPE, PLOT, 1.6);
    const visible = visibleTiles(camera, 1, SHAPE, PLOT).map(tileName);
    const next = neighbourTiles(camera, 1, SHAPE, PLOT).map(tileName);
    expect(next.length).toBeGreaterThan(0);
    expect(next.filter((name) => visible.includes(name))).toEqual([]);
  });

  it("of a short and a long axis have a level for each", () => {
    const camera = cameraOf(wholeWindow(LONG), LONG, PLOT, Infinity);
    expect(levelsAt(camera, 1, LONG)).toEqual({ level: 0, keyLevel: 2 });
    expect(overviewAddress(LONG)).toEqual({ level: 0, keyLevel: 4, row: 0, column: 0 });
  });

  it("get coarser up to the one that covers all", () => {
    let address: TileAddress | null = { level: 0, keyLevel: 1, row: 13, column: 6 };
    const seen: TileAddress[] = [];
    while (address) {
      const { x0, y0, x1, y1 } = covers(seen.at(-1) ?? address);
      const outer = covers(address);
      expect(outer.x0 <= x0 && outer.y0 <= y0 && outer.x1 >= x1 && outer.y1 >= y1).toBe(true);
      seen.push(address);
      address = coarserThan(address, SHAPE);
    }
    expect(seen.at(-1)).toEqual(overviewAddress(SHAPE));
  });

  it("stand in for finer ones with the part that covers the same tokens", () => {
    const wanted = { level: 1, keyLevel: 0, row: 5, column: 9 };
    const tile = { level: 4, keyLevel: 4, row: 0, column: 0 };
    const { source, target } = pieceFor(wanted, tile, { rows: 256, columns: 256 });
    const { x0, y0, x1, y1 } = covers(wanted);
    expect(target).toEqual([x0, y0, x1 - x0, y1 - y0]);
    expect(source).toEqual([x0 / 16, y0 / 16, (x1 - x0) / 16, (y1 - y0) / 16]);
  });

  it("at the end of an axis are only as large as they are", () => {
    const last = { level: 0, keyLevel: 0, row: 2, column: 2 };
    const { source, target } = pieceFor(last, last, { rows: 88, columns: 10 });
    expect(source).toEqual([0, 0, 10, 88]);
    expect(target).toEqual([512, 512, 10, 88]);
  });
});
