/** Answers of the server in a file, so that the page works without one. */

import type { Parameters } from "./address";
import { floats, integers, shape, type WireMessage } from "./wire";
import { encode } from "./wire_encoding";

export interface Snapshot {
  /** When it was made, milliseconds since 1970. */
  made: number;
  /** What it shows, in words. */
  subject: string;
  /** The selection to begin with. */
  parameters: Parameters;
  /** Packed answers by request. */
  answers: Record<string, string>;
  /** Packed attention matrices by the request for one of their rows, less the row. */
  matrices: Record<string, string>;
  /** Data URLs by request. */
  images: Record<string, string>;
  /** How many answers did not fit into the file. */
  leftOut: number;
}

export const NOT_IN_FILE = "That is not part of this file. Open TensorBoard to see it.";

/** A request without the address of its server, its parameters in order. */
export function requestKey(url: string, without: readonly string[] = []): string {
  const { pathname, searchParams } = new URL(url);
  for (const name of without) searchParams.delete(name);
  searchParams.sort();
  return `${pathname.slice(pathname.lastIndexOf("/") + 1)}?${searchParams}`;
}

/** The request for the matrix that an `attention` request asks a row or column of. */
export function matrixKey(url: string): string {
  return requestKey(url, ["query", "key", "reduce"]);
}

/** A matrix of attention from its rows, NaN where there is none. `positions` are those of the rows. */
export function matrixMessage(
  positions: readonly number[],
  rows: readonly Float32Array[],
  errors: readonly number[],
  queries: number,
): ArrayBuffer {
  const keys = rows[0]?.length ?? 0;
  const weights = new Float32Array(rows.length * keys);
  rows.forEach((row, index) => weights.set(row, index * keys));
  return encode(
    { queries },
    {
      positions: { shape: [positions.length], data: Int32Array.from(positions) },
      weights: { shape: [rows.length, keys], data: weights },
      errors: { shape: [errors.length], data: Float32Array.from(errors) },
    },
  );
}

/** What `attention` answers for one query or key of the matrix; null where the matrix lacks it. */
export function attentionAnswer(matrix: WireMessage, url: string): ArrayBuffer | null {
  const { searchParams } = new URL(url);
  const role = searchParams.has("query") ? "query" : "key";
  const given = searchParams.get(role) ?? "";
  if (!/^\d+$/.test(given)) return null;
  const position = Number(given);
  const [positions, weights, errors] = [integers(matrix, "positions"), floats(matrix, "weights"), floats(matrix, "errors")];
  const [rows, keys] = shape(matrix, "weights");
  if (role === "query") {
    const row = positions.indexOf(position);
    if (row < 0) return null;
    return answer(weights.slice(row * keys, (row + 1) * keys), errors[row]);
  }
  if (position >= keys) return null;
  const column = new Float32Array(Number(matrix.header.queries)).fill(NaN);
  for (let row = 0; row < rows; row++) column[positions[row]] = weights[row * keys + position];
  return answer(column, Math.max(0, ...errors));

  function answer(values: Float32Array, error: number): ArrayBuffer {
    const header = { [role]: position, quantisation_error: error };
    return encode(header, { weights: { shape: [values.length], data: values } });
  }
}
