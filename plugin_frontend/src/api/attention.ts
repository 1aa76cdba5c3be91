/** Attention weights. */

import type { AttentionPart } from "../lib/blocks";
import { writeNumbers } from "../lib/number_set";
import type { GalleryOver, Head, Role } from "../lib/selection";
import type { TileAddress } from "../lib/tiles";
import { bytes, floats, integers, shape } from "../lib/wire";
import type { Query } from "../loading";
import type { AttentionGallery, AttentionWeights, MatrixTile } from "../schema";
import { type Arguments, binary, type Place } from "./requests";

/** The weights of tokens, averaged, with heads and layers combined. `sinks`: say which keys are sinks. */
export function attention(place: Place, part: AttentionPart, role: Role, sinks: boolean): Query<AttentionWeights> {
  const { block, layers, heads, reduce, positions } = part;
  const given = {
    ...place,
    block: block.name,
    layer: writeNumbers(layers),
    head: heads === "mean" ? heads : writeNumbers(heads),
    [role]: writeNumbers(positions),
    ...(reduce === "max" ? { reduce } : {}),
    ...(sinks && role === "query" ? { sinks: 1 } : {}),
  };
  return binary("attention", given, (message) => ({
    weights: floats(message, "weights"),
    quantisationError: Number(message.header.quantisation_error ?? 0),
    sinks: (message.header.sinks as number[] | undefined) ?? [],
  }));
}

/** The weights of tokens in every head of the part's layer, or of its head in every layer. */
export function attentionGallery(
  place: Place,
  part: AttentionPart,
  role: Role,
  over: GalleryOver,
): Query<AttentionGallery> {
  const { block, layers, heads, positions } = part;
  const head = heads === "mean" ? heads : heads[0];
  const fixed: Arguments = over === "heads" ? { layer: layers[0] } : { head };
  const given = { ...place, block: block.name, over, ...fixed, [role]: writeNumbers(positions) };
  return binary("attention_gallery", given, (message) => {
    const [, tokens] = shape(message, "weights");
    const weights = floats(message, "weights");
    const items = message.header.items as number[];
    return {
      items,
      weights: items.map((_, index) => weights.subarray(index * tokens, (index + 1) * tokens)),
      imageMass: floats(message, "image_mass"),
      targetMass: floats(message, "target_mass"),
      quantisationError: floats(message, "quantisation_error"),
    };
  });
}

export function matrixTile(
  place: Place,
  block: string,
  layer: number,
  head: Head,
  { level, keyLevel, row, column }: TileAddress,
): Query<MatrixTile> {
  const where = { level, ...(keyLevel === level ? {} : { key_level: keyLevel }), row, column };
  return binary("matrix", { ...place, block, layer, head, ...where }, (message) => {
    const [rows, columns] = shape(message, "weights");
    return {
      rows,
      columns,
      weights: bytes(message, "weights"),
      logged: bytes(message, "logged"),
      loggedKeys: bytes(message, "logged_keys"),
      counts: "counts" in message.arrays ? integers(message, "counts") : null,
    };
  });
}
