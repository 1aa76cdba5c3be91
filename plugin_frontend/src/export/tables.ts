/** The tables of a part of the page as rows of text. */

import { rowsTold, TABLES } from "../elements/table_rows";
import type { Row } from "../lib/csv";

const ROWS = "tr, [role=row]";
const CELLS = "td, th, [role=gridcell], [role=rowheader], [role=columnheader]";

/** Several tables stand one below the other, each row with its table's name in front. */
export function tableRows(element: Element): Row[] {
  const tables = [...element.querySelectorAll(TABLES)];
  return tables.flatMap((table) => {
    const rows = rowsTold(table) ?? writtenRows(table);
    const name = table.getAttribute("aria-label") ?? table.querySelector("caption")?.textContent?.trim() ?? "";
    return tables.length > 1 ? rows.map((row) => [name, ...row]) : rows;
  });
}

function writtenRows(table: Element): Row[] {
  return [...table.querySelectorAll(ROWS)].map((row) => [...row.querySelectorAll(CELLS)].map(written));
}

/** The value behind the cell, in full, where it tells one; else its words. */
function written(cell: Element): string {
  const value = cell.getAttribute("data-value");
  return value === "NaN" ? "" : (value ?? cell.textContent?.trim() ?? "");
}
