/** The matrices that the page shows, one or two or their difference, in colours on one scale. */

import { computed } from "@preact/signals";
import * as api from "../../../api";
import { magnitudeTable, obstacle } from "../../../comparison";
import type { ColourTable } from "../../../lib/colour";
import { differenceScale, mergedCounts, weightScale } from "../../../lib/matrix_scale";
import type { Scale } from "../../../lib/scale";
import type { Side } from "../../../lib/selection";
import { coarserThan, coarsestLevel, type TileAddress } from "../../../lib/tiles";
import { matrixOf, type MatrixSource } from "../../../matrix";
import { peek, type Query } from "../../../loading";
import {
  differencePalette,
  differencePixels,
  TilePictures,
  weightPalette,
  weightPixels,
  type Palette,
} from "../../../painters/matrix";
import type { MatrixTile } from "../../../schema";
import { field, visibleSides } from "../../../state";

export interface PlacedSource extends MatrixSource {
  place: api.Place;
}

/** One plot: a matrix, or what changed from `before` to it. */
export interface MatrixSide {
  side: Side | "both";
  source: PlacedSource;
  before: PlacedSource | null;
}

export interface MatrixColours {
  /** Changes whenever a tile would look different. */
  name: string;
  palette: Palette;
  table: ColourTable;
  scale: Scale;
}

export interface MatrixShown {
  sides: MatrixSide[];
  colours: MatrixColours;
  /** Why there is nothing to show, or null. */
  obstacle: string | null;
}

const mode = field("mode");
const scaling = field("scaling");

export const matrixShown = computed<MatrixShown>(() => {
  const asDifference = mode.value === "difference";
  const frames = visibleSides.value.flatMap((side) => {
    const frame = matrixOf[side].value.value;
    return frame ? [{ side, ...frame }] : [];
  });
  const sides = frames.flatMap(({ side, place, source }): MatrixSide[] =>
    source ? [{ side, source: { ...source, place }, before: null }] : [],
  );
  const unlogged = frames.some(({ source }) => !source) ? "No attention was logged for this example." : null;
  const missing = sides.find(({ source }) => source.missing !== null)?.source.missing ?? null;
  const shown = asDifference ? subtracted(sides) : sides;
  return {
    sides: asDifference && (obstacle.value ?? missing) !== null ? [] : shown,
    colours: coloursOf(shown, asDifference, magnitudeTable(asDifference)),
    obstacle: obstacle.value ?? unlogged ?? (asDifference ? missing ?? mismatch(sides) : null),
  };
});

function subtracted([a, b]: MatrixSide[]): MatrixSide[] {
  // While the next example loads, one side may be ahead of the other.
  if (!b || a.source.place.tag !== b.source.place.tag || mismatch([a, b]) !== null) return [];
  return [{ ...b, side: "both", before: a.source }];
}

function mismatch([a, b]: MatrixSide[]): string | null {
  if (!b) return null;
  const same = a.source.shape.keys === b.source.shape.keys && a.source.shape.queries === b.source.shape.queries;
  return same ? null : "A and B have different numbers of tokens here.";
}

function coloursOf(sides: readonly MatrixSide[], asDifference: boolean, table: ColourTable): MatrixColours {
  if (asDifference) {
    const [overview, before] = [sides[0]?.source.overview, sides[0]?.before?.overview];
    const none = new Uint8Array(0);
    const scale = differenceScale(scaling.value, overview?.weights ?? none, before?.weights ?? none);
    const palette = differencePalette(table);
    return { name: `${nameOf(palette)} ${scale.high} ${scaling.value}`, palette, table, scale };
  }
  const counts = sides.flatMap(({ source }) => source.overview?.counts ?? []);
  const scale = weightScale(scaling.value, mergedCounts(counts));
  const palette = weightPalette(scale, table);
  return { name: nameOf(palette), palette, table, scale };
}

/** Palettes that look the same are called the same: tiles need not be painted again. */
function nameOf(palette: Palette): string {
  return palette.reduce((hash, colour) => (Math.imul(hash, 31) + colour) | 0, 7).toString(36);
}

const pictures = new TilePictures();

/** The picture of a tile, or null where it has not been loaded. */
export function pictureOf(side: MatrixSide, address: TileAddress, colours: MatrixColours) {
  const tile = tileOf(side.source, address);
  const before = side.before && tileOf(side.before, address);
  if (!tile || (side.before && !before)) return null;
  const name = `${colours.name} ${tilesFor(side, address).map(({ key }) => key).join(" ")}`;
  const picture = pictures.of(name, tile, () =>
    before
      ? differencePixels(tile, before, colours.palette, colours.scale)
      : weightPixels(tile, colours.palette),
  );
  return { picture, rows: tile.rows, columns: tile.columns };
}

/** What to load for a tile of a plot. */
export function tilesFor({ source, before }: MatrixSide, address: TileAddress): Query<MatrixTile>[] {
  return [source, before].flatMap((one) => (one ? [queryFor(one, address)] : []));
}

/** The cell's codes (of A and B for a difference) at the finest level loaded that is as coarse as asked for. */
export function codesAt(side: MatrixSide, query: number, key: number, levels: { level: number; keyLevel: number }) {
  let address: TileAddress | null = {
    ...levels,
    row: (query >> levels.level) >> 8,
    column: (key >> levels.keyLevel) >> 8,
  };
  for (; address; address = coarserThan(address, side.source.shape)) {
    const tiles = [side.source, side.before].flatMap((one) => (one ? [tileOf(one, address!)] : []));
    if (tiles.some((tile) => !tile)) continue;
    const [y, x] = [(query >> address.level) & 255, (key >> address.keyLevel) & 255];
    const logged = tiles.every((tile) => tile!.logged[y] && tile!.loggedKeys[x]);
    const codes = tiles.map((tile) => tile!.weights[y * tile!.columns + x]);
    return { level: address.level, keyLevel: address.keyLevel, codes: logged ? codes : null };
  }
  return null;
}

/** Whether some cells may not have been logged. */
export function hasGaps({ source, before }: MatrixSide): boolean {
  return [source, before].some((one) => one && (one.block.rows !== null || one.block.keys !== null));
}

function tileOf(source: PlacedSource, address: TileAddress): MatrixTile | null {
  const { shape, overview } = source;
  const isOverview = address.level === coarsestLevel(shape.queries) && address.keyLevel === coarsestLevel(shape.keys);
  return isOverview ? overview : (peek(queryFor(source, address)) ?? null);
}

function queryFor({ place, block, layer, head }: PlacedSource, address: TileAddress): Query<MatrixTile> {
  return api.matrixTile(place, block.name, layer, head, address);
}
