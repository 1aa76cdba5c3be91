import { describe, expect, it, vi } from "vitest";
import { DataTable } from "../../src/elements/DataTable";
import { show } from "./render";

const rows = Array.from({ length: 5000 }, (_, index) => ({ name: `row ${index}` }));

function table(chosen = -1, sort: string | null = null) {
  const [onSort, onChoose, onOpen] = [vi.fn(), vi.fn(), vi.fn()];
  const page = show(
    <DataTable
      label="Rows"
      testId="table"
      rows={rows}
      columns={[
        { id: "name", title: "Name", width: "1fr", sortable: true, cell: ({ name }) => name },
        { id: "length", title: "Length", width: "4rem", numeric: true, cell: ({ name }) => name.length },
      ]}
      rowHeight={2}
      keyOf={({ name }) => name}
      chosen={chosen}
      sort={sort}
      onSort={onSort}
      onChoose={onChoose}
      onOpen={onOpen}
    />,
  );
  return { page, onSort, onChoose, onOpen };
}

describe("a table", () => {
  it("says how many rows it has, and makes those in sight only", () => {
    const { page } = table();
    expect(page.querySelector("[role=grid]")!.getAttribute("aria-rowcount")).toBe("5001");
    const made = page.querySelectorAll("[role=row][data-key]");
    expect(made.length).toBeGreaterThan(10);
    expect(made.length).toBeLessThan(80);
  });

  it("says by which column it is sorted, and asks for another order by click", () => {
    const { page, onSort } = table(-1, "-name");
    const [name, length] = page.querySelectorAll("[role=columnheader]");
    expect(name.getAttribute("aria-sort")).toBe("descending");
    expect(length.hasAttribute("aria-sort")).toBe(false);
    name.querySelector("button")!.click();
    expect(onSort).toHaveBeenCalledWith(null);
  });

  it("marks the chosen row, chooses by click and opens by double click", () => {
    const { page, onChoose, onOpen } = table(2);
    const row = page.querySelector<HTMLElement>("[aria-selected=true]")!;
    expect(row.dataset.key).toBe("row 2");
    expect(page.querySelector("[role=grid]")!.getAttribute("aria-activedescendant")).toBe(row.id);
    page.querySelector<HTMLElement>("[data-key='row 3']")!.click();
    expect(onChoose).toHaveBeenCalledWith(rows[3]);
    row.dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
    expect(onOpen).toHaveBeenCalledWith(rows[2]);
  });
});
