/** The tokens of the selected points, as a list and as a file. */

import { useMemo, useState } from "preact/hooks";
import { projectionOf } from "../../../data";
import { DataTable, type Column } from "../../../elements/DataTable";
import { wordsOf } from "../../../embedding_points";
import { nameOf } from "../../../export/downloads";
import { save } from "../../../export/save";
import { formatCsv } from "../../../lib/csv";
import { formatCount, formatToken } from "../../../lib/format";
import { members } from "../../../lib/point_sets";
import { identity } from "../../../lib/points";
import { wordOf, type TokenWords } from "../../../lib/token_search";
import { choose, chosenPoint, indices } from "../../../point_actions";
import type { Projection } from "../../../schema";
import { selection, visibleSides } from "../../../state";

const MOST_ROWS = 5000;

interface TokenRow {
  point: number;
  word: string;
  modality: string;
  tag: string;
  sequence: string;
  token: number;
}

const COLUMNS: readonly Column<TokenRow>[] = [
  { id: "word", title: "token", width: "minmax(6rem, 1fr)", sortable: true, cell: ({ word }) => word },
  { id: "modality", title: "modality", width: "6rem", sortable: true, cell: ({ modality }) => modality },
  { id: "tag", title: "example", width: "minmax(7rem, 1fr)", sortable: true, cell: ({ tag }) => tag },
  { id: "sequence", title: "sequence", width: "6rem", sortable: true, cell: ({ sequence }) => sequence },
  { id: "token", title: "position", width: "5rem", numeric: true, sortable: true, cell: ({ token }) => (token < 0 ? "mean" : token) },
];

export function PointTable() {
  const [side] = visibleSides.value;
  const projection = projectionOf[side].value.value;
  const words = wordsOf[side].value.value;
  const { lassoed } = selection.value;
  const [sort, setSort] = useState<string | null>(null);
  const points = useMemo(() => (projection ? indices(members(projection, lassoed)) : new Uint32Array()), [projection, lassoed]);
  const rows = useMemo(
    () => (projection ? sorted([...points.subarray(0, MOST_ROWS)].map((point) => rowOf(projection, words, point)), sort) : []),
    [projection, words, points, sort],
  );
  if (!projection) return null;
  const chosen = chosenPoint(side);
  return (
    <div class="point-table">
      <p class="muted">
        {points.length > MOST_ROWS && `The first ${formatCount(MOST_ROWS)} of ${formatCount(points.length)}. `}
        <button
          type="button"
          class="quiet"
          data-testid="points-csv"
          onClick={() => save(nameOf("points", "csv"), csvOf(projection, words, points))}
        >
          download CSV
        </button>
      </p>
      <DataTable
        label="Selected points"
        testId="point-table"
        rows={rows}
        columns={COLUMNS}
        rowHeight={1.9}
        keyOf={({ point }) => String(point)}
        chosen={rows.findIndex(({ point }) => point === chosen)}
        sort={sort}
        onSort={setSort}
        onChoose={({ point }) => choose(side, point)}
        onOpen={({ point }) => choose(side, point)}
      />
    </div>
  );
}

function rowOf(projection: Projection, words: TokenWords | null, point: number): TokenRow {
  const { tag, sequence, token } = identity(projection, point);
  const word = words && wordOf(words, tag, sequence, token);
  const modality = projection.modalities[projection.modality[point]];
  return { point, word: token < 0 ? `mean of ${modality}` : word === null ? "…" : formatToken(word), modality, tag, sequence, token };
}

function sorted(rows: TokenRow[], sort: string | null): TokenRow[] {
  if (sort === null) return rows;
  const column = sort.replace(/^-/, "") as keyof TokenRow;
  const sign = sort.startsWith("-") ? -1 : 1;
  return rows.sort(
    (first, second) =>
      sign * String(first[column]).localeCompare(String(second[column]), undefined, { numeric: true }) || first.point - second.point,
  );
}

/** All of the points, with their coordinates. */
function csvOf(projection: Projection, words: TokenWords | null, points: Uint32Array): Blob {
  const { components, positions, axes } = projection;
  const rows = [...points].map((point) => {
    const { word, modality, tag, sequence, token } = rowOf(projection, words, point);
    const place = positions.subarray(components * point, components * (point + 1));
    return [word, modality, tag, sequence, String(token), ...Array.from(place, String)];
  });
  return new Blob([formatCsv([["token", "modality", "example", "sequence", "position", ...axes], ...rows])], { type: "text/csv" });
}
