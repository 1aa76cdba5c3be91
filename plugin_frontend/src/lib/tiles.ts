/** A matrix larger than the screen: the part of it that is shown, and the tiles that cover it. */

/** Cells of a tile along each axis, as the server cuts them. */
export const TILE = 256;

/** Pixels of a cell beyond which nobody needs to come closer. */
const LARGEST_CELL = 64;

/** A part of the matrix, in tokens: keys from left to right, queries from top to bottom. */
export interface MatrixWindow {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

export interface MatrixShape {
  queries: number;
  keys: number;
}

/** What the matrix is drawn into, in CSS pixels. */
export interface Plot {
  width: number;
  height: number;
}

/** Where the plot's corner is, in tokens, and how many pixels a token has. */
export interface MatrixCamera {
  x: number;
  y: number;
  perKey: number;
  perQuery: number;
}

export interface TileAddress {
  level: number;
  keyLevel: number;
  row: number;
  column: number;
}

/** A part of a tile, in cells, and where it goes, in tokens. */
export interface TilePiece {
  address: TileAddress;
  source: readonly [x: number, y: number, width: number, height: number];
  target: readonly [x: number, y: number, width: number, height: number];
}

/** The level at which an axis fits into one tile. */
export function coarsestLevel(tokens: number): number {
  return Math.max(0, Math.ceil(Math.log2(tokens / TILE)));
}

/** The one tile that covers the whole matrix. */
export function overviewAddress({ queries, keys }: MatrixShape): TileAddress {
  return { level: coarsestLevel(queries), keyLevel: coarsestLevel(keys), row: 0, column: 0 };
}

export function wholeWindow({ queries, keys }: MatrixShape): MatrixWindow {
  return { x0: 0, y0: 0, x1: keys, y1: queries };
}

/** The camera that shows all of the window; cells are at most `stretch` times as long as wide, or the reverse. */
export function cameraOf(window: MatrixWindow, shape: MatrixShape, plot: Plot, stretch: number): MatrixCamera {
  const x0 = Math.min(window.x0, shape.keys - 1);
  const y0 = Math.min(window.y0, shape.queries - 1);
  const width = Math.max(1, Math.min(window.x1, shape.keys) - x0);
  const height = Math.max(1, Math.min(window.y1, shape.queries) - y0);
  const scales = stretched(plot.width / width, plot.height / height, stretch);
  return within({ x: x0, y: y0, ...scales }, shape, plot, stretch);
}

/** What the camera shows of the matrix. */
export function windowOf(camera: MatrixCamera, shape: MatrixShape, plot: Plot): MatrixWindow {
  return {
    x0: camera.x,
    y0: camera.y,
    x1: Math.min(shape.keys, camera.x + plot.width / camera.perKey),
    y1: Math.min(shape.queries, camera.y + plot.height / camera.perQuery),
  };
}

/** Zoom so that the token under the point (in pixels of the plot) stays there. Above 1 zooms in. */
export function zoomed(
  camera: MatrixCamera,
  factor: number,
  [x, y]: readonly [number, number],
  shape: MatrixShape,
  plot: Plot,
  stretch: number,
): MatrixCamera {
  const limited = limitedScales(camera.perKey * factor, camera.perQuery * factor, shape, plot, stretch);
  const moved = {
    x: camera.x + x / camera.perKey - x / limited.perKey,
    y: camera.y + y / camera.perQuery - y / limited.perQuery,
    ...limited,
  };
  return within(moved, shape, plot, stretch);
}

/** Move by a distance in pixels. */
export function panned(
  camera: MatrixCamera,
  [x, y]: readonly [number, number],
  shape: MatrixShape,
  plot: Plot,
  stretch: number,
): MatrixCamera {
  return within({ ...camera, x: camera.x - x / camera.perKey, y: camera.y - y / camera.perQuery }, shape, plot, stretch);
}

/** The least move that brings a cell into sight. */
export function showing(
  camera: MatrixCamera,
  cell: { query: number; key: number },
  shape: MatrixShape,
  plot: Plot,
  stretch: number,
): MatrixCamera {
  const along = (start: number, shown: number, position: number) =>
    position < start ? position : Math.max(start, position + 1 - shown);
  const x = along(camera.x, plot.width / camera.perKey, cell.key);
  const y = along(camera.y, plot.height / camera.perQuery, cell.query);
  return within({ ...camera, x, y }, shape, plot, stretch);
}

/** The finest level worth painting: none of its cells is smaller than a pixel of the screen. */
export function levelAt(pixelsPerToken: number, density: number, tokens: number): number {
  const level = Math.ceil(-Math.log2(pixelsPerToken * density) - 1e-6);
  return Math.min(coarsestLevel(tokens), Math.max(0, level));
}

/** Levels of the query and of the key axis at which the camera shows the matrix. */
export function levelsAt(camera: MatrixCamera, density: number, { queries, keys }: MatrixShape) {
  return {
    level: levelAt(camera.perQuery, density, queries),
    keyLevel: levelAt(camera.perKey, density, keys),
  };
}

/** The tiles that cover what the camera shows, those nearest to its middle first. */
export function visibleTiles(camera: MatrixCamera, density: number, shape: MatrixShape, plot: Plot): TileAddress[] {
  return tilesOver(windowOf(camera, shape, plot), levelsAt(camera, density, shape));
}

/** Tiles that come into sight next: those around the visible ones, and the level above. */
export function neighbourTiles(camera: MatrixCamera, density: number, shape: MatrixShape, plot: Plot): TileAddress[] {
  const levels = levelsAt(camera, density, shape);
  const shown = windowOf(camera, shape, plot);
  const [width, height] = [0.5 * (shown.x1 - shown.x0), 0.5 * (shown.y1 - shown.y0)];
  const around = {
    x0: Math.max(0, shown.x0 - width),
    y0: Math.max(0, shown.y0 - height),
    x1: Math.min(shape.keys, shown.x1 + width),
    y1: Math.min(shape.queries, shown.y1 + height),
  };
  const visible = new Set(tilesOver(shown, levels).map(tileName));
  const coarser = coarserThan({ ...levels, row: 0, column: 0 }, shape);
  return [
    ...tilesOver(around, levels).filter((address) => !visible.has(tileName(address))),
    ...(coarser ? tilesOver(shown, coarser) : []),
  ];
}

/** The tile of the next coarser level that covers this one; null for the overview. */
export function coarserThan({ level, keyLevel, row, column }: TileAddress, { queries, keys }: MatrixShape): TileAddress | null {
  const [up, left] = [level < coarsestLevel(queries) ? 1 : 0, keyLevel < coarsestLevel(keys) ? 1 : 0];
  if (up + left === 0) return null;
  return { level: level + up, keyLevel: keyLevel + left, row: row >> up, column: column >> left };
}

/** The part of `tile`, which holds `size` cells, that stands for all of `wanted`, a tile as fine or finer. */
export function pieceFor(
  wanted: TileAddress,
  tile: TileAddress,
  size: { rows: number; columns: number },
): TilePiece {
  const alongKeys = overlap(wanted.column, wanted.keyLevel, tile.column, tile.keyLevel, size.columns);
  const alongQueries = overlap(wanted.row, wanted.level, tile.row, tile.level, size.rows);
  return {
    address: tile,
    source: [alongKeys.cell, alongQueries.cell, alongKeys.cells, alongQueries.cells],
    target: [
      (tile.column * TILE + alongKeys.cell) * 2 ** tile.keyLevel,
      (tile.row * TILE + alongQueries.cell) * 2 ** tile.level,
      alongKeys.cells * 2 ** tile.keyLevel,
      alongQueries.cells * 2 ** tile.level,
    ],
  };
}

/** Where a token's weights are: the tile at these levels, and the cell in it. */
export function cellAt(query: number, key: number, levels: { level: number; keyLevel: number }) {
  const [y, x] = [query >> levels.level, key >> levels.keyLevel];
  return { address: { ...levels, row: Math.floor(y / TILE), column: Math.floor(x / TILE) }, y: y % TILE, x: x % TILE };
}

export function tileName({ level, keyLevel, row, column }: TileAddress): string {
  return `${level}.${keyLevel}.${row}.${column}`;
}

function tilesOver(window: MatrixWindow, { level, keyLevel }: { level: number; keyLevel: number }): TileAddress[] {
  const [alongQueries, alongKeys] = [TILE * 2 ** level, TILE * 2 ** keyLevel];
  const tiles: TileAddress[] = [];
  for (let row = Math.floor(window.y0 / alongQueries); row * alongQueries < window.y1; row++) {
    for (let column = Math.floor(window.x0 / alongKeys); column * alongKeys < window.x1; column++) {
      tiles.push({ level, keyLevel, row, column });
    }
  }
  const [x, y] = [0.5 * (window.x0 + window.x1), 0.5 * (window.y0 + window.y1)];
  const away = ({ row, column }: TileAddress) =>
    Math.hypot((row + 0.5) * alongQueries - y, (column + 0.5) * alongKeys - x);
  return tiles.sort((first, second) => away(first) - away(second));
}

function overlap(wanted: number, wantedLevel: number, tile: number, level: number, size: number) {
  const factor = 2 ** (level - wantedLevel);
  const cell = (wanted * TILE) / factor - tile * TILE;
  return { cell, cells: Math.min(TILE / factor, size - cell) };
}

function within(camera: MatrixCamera, shape: MatrixShape, plot: Plot, stretch: number): MatrixCamera {
  const scales = limitedScales(camera.perKey, camera.perQuery, shape, plot, stretch);
  const limit = (start: number, tokens: number, shown: number) => Math.max(0, Math.min(start, tokens - shown));
  return {
    x: limit(camera.x, shape.keys, plot.width / scales.perKey),
    y: limit(camera.y, shape.queries, plot.height / scales.perQuery),
    ...scales,
  };
}

/** Not closer than a large cell, not farther than the whole. */
function limitedScales(perKey: number, perQuery: number, { queries, keys }: MatrixShape, plot: Plot, stretch: number) {
  const least = stretched(plot.width / keys, plot.height / queries, stretch);
  return {
    perKey: Math.min(LARGEST_CELL, Math.max(perKey, least.perKey)),
    perQuery: Math.min(LARGEST_CELL, Math.max(perQuery, least.perQuery)),
  };
}

function stretched(perKey: number, perQuery: number, most: number) {
  return { perKey: Math.min(perKey, most * perQuery), perQuery: Math.min(perQuery, most * perKey) };
}
