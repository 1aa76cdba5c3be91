/** Which elements can be had as a table: tables, grids, and what tells the rows it was drawn from. */

import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";
import type { Row } from "../lib/csv";

export const TABLES = "table, [role=grid], [role=treegrid], [data-rows]";

const told = new WeakMap<Element, () => Row[]>();

export function holdsTable(element: Element): boolean {
  return element.querySelector(TABLES) !== null;
}

/** The rows that the element told, where it is no table. */
export function rowsTold(element: Element): Row[] | null {
  return told.get(element)?.() ?? null;
}

/** Tell the rows behind a drawing, made when someone wants them; null where there are none. */
export function useRows(element: RefObject<Element>, rows: (() => Row[]) | null): void {
  useLayoutEffect(() => {
    element.current!.toggleAttribute("data-rows", rows !== null);
    if (rows) told.set(element.current!, rows);
    else told.delete(element.current!);
  });
}
