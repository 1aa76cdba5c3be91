/** What a cell of the matrix says, in words. */

import { formatNumber, formatPlace, formatToken, formatWeight } from "../../../lib/format";
import { WEIGHT_OF_CODE } from "../../../lib/matrix_scale";
import type { TokenSequence } from "../../../schema";
import { codesAt, type MatrixSide } from "./shown";
import type { Cell } from "./window_shown";

interface Levels {
  level: number;
  keyLevel: number;
}

export function CellTip({ side, cell, levels }: { side: MatrixSide; cell: Cell; levels: Levels }) {
  const { value, query, key, joined } = cellWords(side, cell, levels);
  return (
    <>
      <b>{value}</b> {joined && <span class="muted">{joined}</span>}
      <br />
      {query} → {key}
    </>
  );
}

/** The same in one sentence, to be spoken. */
export function spokenCell(side: MatrixSide, cell: Cell, levels: Levels): string {
  const { value, query, key, joined } = cellWords(side, cell, levels);
  return `${query} looks at ${key}: ${value}${joined && `, ${joined}`}`;
}

function cellWords(side: MatrixSide, { query, key }: Cell, levels: Levels) {
  const { queries, keys } = side.source;
  const found = codesAt(side, query, key, levels);
  const { level, keyLevel } = found ?? levels;
  return {
    value: found ? weightWords(found.codes) : "loading",
    query: tokensWords(queries, query >> level, 2 ** level),
    key: tokensWords(keys, key >> keyLevel, 2 ** keyLevel),
    joined: level + keyLevel > 0 ? `largest of ${2 ** level} × ${2 ** keyLevel}` : "",
  };
}

function weightWords(codes: number[] | null): string {
  if (!codes) return "not logged";
  const [weight, before] = codes.map((code) => WEIGHT_OF_CODE[code]);
  return before === undefined ? formatNumber(weight) : formatWeight(weight - before, true);
}

/** One token by name, several by their positions. */
function tokensWords({ tokens, modality, name }: TokenSequence, cell: number, joined: number): string {
  const first = cell * joined;
  const last = Math.min(tokens.length, first + joined) - 1;
  if (joined > 1) return `${name} tokens ${first}–${last}`;
  return modality[first] === "image" ? formatPlace(tokens[first]) : `“${formatToken(tokens[first])}” (${first})`;
}
