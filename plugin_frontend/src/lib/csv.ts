/** Rows as comma-separated values, as RFC 4180 has them. */

export type Row = readonly string[];

export function formatCsv(rows: readonly Row[]): string {
  return rows.map((row) => `${row.map(quoted).join(",")}\r\n`).join("");
}

export interface Column {
  name: string;
  /** Where its values lie, ascending. */
  places: readonly number[];
  values: readonly number[];
}

/** One row per place that any of the columns has. `axis` is what the places are. */
export function rowsOfColumns(axis: string, columns: readonly Column[]): Row[] {
  const places = [...new Set(columns.flatMap((column) => column.places))].sort((first, second) => first - second);
  const found = columns.map((column) => new Map(column.places.map((place, index) => [place, column.values[index]])));
  return [
    [axis, ...columns.map(({ name }) => name)],
    ...places.map((place) => [String(place), ...found.map((values) => numberCell(values.get(place)))]),
  ];
}

/** The number in full; nothing where there is none. */
export function numberCell(value: number | null | undefined): string {
  return value === null || value === undefined || Number.isNaN(value) ? "" : String(value);
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell;
}
