/** Rows as comma-separated values, as RFC 4180 has them. */

export type Row = readonly string[];

export function formatCsv(rows: readonly Row[]): string {
  return rows.map((row) => `${row.map(quoted).join(",")}\r\n`).join("");
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell;
}
