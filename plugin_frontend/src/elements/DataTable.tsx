/** A table of any length: sorted by its titles, walked through by a chosen row. */

import type { ComponentChildren } from "preact";
import { nextSort } from "../lib/example_rows";
import { VirtualList } from "./VirtualList";

export interface Column<Row> {
  id: string;
  title: ComponentChildren;
  /** What it shows, as the title's tip. */
  description?: string;
  /** A track of a CSS grid. */
  width: string;
  numeric?: boolean;
  sortable?: boolean;
  cell(row: Row): ComponentChildren;
}

interface Props<Row> {
  label: string;
  testId?: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  /** Height of each row, in rem. */
  rowHeight: number;
  keyOf(row: Row): string;
  /** Index of the chosen row, or -1. */
  chosen: number;
  /** Column by which the rows are sorted, after "-" downwards. */
  sort: string | null;
  onSort(sort: string | null): void;
  onChoose(row: Row): void;
  onOpen(row: Row): void;
}

export function DataTable<Row>(props: Props<Row>) {
  const { rows, columns, keyOf, chosen, sort, onSort } = props;
  const idOf = (index: number) => `${props.testId}-row-${index}`;
  return (
    <VirtualList
      role="grid"
      class="data-table"
      label={props.label}
      testId={props.testId}
      count={rows.length}
      columns={columns.length}
      rowHeight={props.rowHeight}
      chosen={chosen}
      order={sort}
      idOf={idOf}
      header={
        <div class="table-row table-titles" role="row" aria-rowindex={1} style={tracks(columns)}>
          {columns.map((column) => (
            <div
              key={column.id}
              role="columnheader"
              class={column.numeric ? "numeric" : ""}
              data-column={column.id}
              aria-sort={column.sortable ? order(sort, column.id) : undefined}
            >
              {column.sortable ? (
                <button
                  type="button"
                  title={`${column.description ?? ""}\nClick to sort.`.trim()}
                  onClick={() => onSort(nextSort(sort, column.id))}
                >
                  <span>{column.title}</span>
                  <i aria-hidden="true">{sort === column.id ? "▲" : sort === `-${column.id}` ? "▼" : ""}</i>
                </button>
              ) : (
                <span title={column.description}>{column.title}</span>
              )}
            </div>
          ))}
        </div>
      }
    >
      {(index) => {
        const row = rows[index];
        return (
          <div
            key={keyOf(row)}
            id={idOf(index)}
            class="table-row"
            role="row"
            data-key={keyOf(row)}
            aria-rowindex={index + 2}
            aria-selected={index === chosen}
            style={tracks(columns)}
            onClick={() => props.onChoose(row)}
            onDblClick={() => props.onOpen(row)}
          >
            {columns.map((column) => (
              <div key={column.id} role="gridcell" class={column.numeric ? "numeric" : ""} data-column={column.id}>
                {column.cell(row)}
              </div>
            ))}
          </div>
        );
      }}
    </VirtualList>
  );
}

function tracks(columns: readonly { width: string }[]) {
  return { gridTemplateColumns: columns.map(({ width }) => width).join(" ") };
}

function order(sort: string | null, column: string): "ascending" | "descending" | "none" {
  return sort === column ? "ascending" : sort === `-${column}` ? "descending" : "none";
}
