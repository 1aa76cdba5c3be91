/** The tables and grids of a part of the page as rows of text. */

import type { Row } from "../lib/csv";

const TABLES = "table, [role=grid], [role=treegrid]";
const ROWS = "tr, [role=row], [data-row]";
const CELLS = "td, th, [role=gridcell], [role=rowheader], [role=columnheader], [data-row] > *";

export function holdsTable(element: Element): boolean {
  return element.querySelector(TABLES) !== null;
}

/** Several tables stand one below the other, each row with its table's name in front. */
export function tableRows(element: Element): Row[] {
  const tables = [...element.querySelectorAll(TABLES)];
  return tables.flatMap((table) => {
    const rows = [...table.querySelectorAll(ROWS)].map((row) => [...row.querySelectorAll(CELLS)].map(written));
    const name = table.getAttribute("aria-label") ?? table.querySelector("caption")?.textContent?.trim() ?? "";
    return tables.length > 1 ? rows.map((row) => [name, ...row]) : rows;
  });
}

/** The value behind the cell, in full, where it tells one; else its words. */
function written(cell: Element): string {
  const value = cell.getAttribute("data-value");
  return value === "NaN" ? "" : (value ?? cell.textContent?.trim() ?? "");
}
