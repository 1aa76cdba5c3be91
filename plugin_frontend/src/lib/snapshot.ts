/** Answers of the server in a file, so that the page works without one. */

import type { Parameters } from "./address";
import { readNumbers } from "./number_set";
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
  return requestKey(url, ["query", "key", "reduce", "sinks"]);
}

/**
 * A matrix of attention from its rows, NaN on keys of which no weights were logged.
 * `positions` and `errors` are those of the rows, `sinks` are keys.
 */
export function matrixMessage(
  positions: readonly number[],
  rows: readonly Float32Array[],
  errors: readonly number[],
  queries: number,
  sinks: readonly number[],
): ArrayBuffer {
  const keys = rows[0]?.length ?? 0;
  const weights = new Float32Array(rows.length * keys);
  rows.forEach((row, index) => weights.set(row, index * keys));
  return encode(
    { queries, sinks },
    {
      positions: { shape: [positions.length], data: Int32Array.from(positions) },
      weights: { shape: [rows.length, keys], data: weights },
      errors: { shape: [errors.length], data: Float32Array.from(errors) },
    },
  );
}

/**
 * What `attention` answers for queries or keys of the matrix: their mean, those left out of which no weights were
 * logged. Null where the matrix lacks them all, or the sequence one of them.
 */
export function attentionAnswer(matrix: WireMessage, url: string): ArrayBuffer | null {
  const { searchParams } = new URL(url);
  const role = searchParams.has("query") ? "query" : "key";
  const asked = readNumbers(searchParams.get(role) ?? "");
  if (!asked) return null;
  const [positions, weights, errors] = [integers(matrix, "positions"), floats(matrix, "weights"), floats(matrix, "errors")];
  const [rows, keys] = shape(matrix, "weights");
  const queries = Number(matrix.header.queries);
  if (asked[asked.length - 1] >= (role === "query" ? queries : keys)) return null;

  if (role === "query") {
    const chosen = asked.flatMap((position) => (positions.includes(position) ? [positions.indexOf(position)] : []));
    const values = Float32Array.from({ length: keys }, (_, key) => mean(chosen.map((row) => weights[row * keys + key])));
    const kept = chosen.map((row) => positions[row]);
    const sinks = searchParams.has("sinks") ? { sinks: matrix.header.sinks } : {};
    // The mean of errors is within the mean of their bounds.
    return answer(kept, values, mean(chosen.map((row) => errors[row])), sinks);
  }
  const kept = asked.filter((key) => !Number.isNaN(weights[key]));
  const column = new Float32Array(queries).fill(NaN);
  for (let row = 0; row < rows; row++) column[positions[row]] = mean(kept.map((key) => weights[row * keys + key]));
  return answer(kept, column, Math.max(0, ...errors), {});

  function answer(tokens: number[], values: Float32Array, error: number, more: object): ArrayBuffer | null {
    if (tokens.length === 0) return null;
    const header = { [role]: tokens, quantisation_error: error, ...more };
    return encode(header, { weights: { shape: [values.length], data: values } });
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
