import { describe, expect, it, vi } from "vitest";
import { CellMatrix } from "../../src/elements/CellMatrix";
import { viridis } from "../../src/lib/colour";
import { groupColour, segments } from "../../src/lib/segments";
import { act, show } from "./render";

function matrix(change: { row?: number; column?: number } = {}, onChoose = vi.fn()) {
  const bars = [{ segments: segments([4, 4, 7]), colourOf: groupColour }];
  const page = show(
    <CellMatrix
      label="Divergence"
      rows={2}
      columns={3}
      values={new Float32Array([0, 0.1, 0.2, 0.3, 0.4, NaN])}
      scale={{ low: 0, high: 1, diverging: false }}
      table={viridis}
      columnBars={bars}
      rowBars={[]}
      row={change.row ?? 0}
      column={change.column ?? 1}
      describe={(row, column) => `${row} ${column}`}
      speak={(row, column) => `row ${row}, column ${column}`}
      onChoose={onChoose}
    />,
  );
  const focus = () => page.querySelector<HTMLElement>(".cell-focus")!;
  return { page, focus, onChoose };
}

const press = (target: HTMLElement, key: string) =>
  act(() => void target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })));

describe("a matrix of cells", () => {
  it("chooses the cell under the mouse", () => {
    const { page, onChoose } = matrix();
    const grid = page.querySelector<HTMLElement>(".cell-grid")!;
    grid.getBoundingClientRect = () => new DOMRect(0, 0, 300, 200);
    for (const [clientX, clientY] of [[250, 150], [299, 0], [300, 200]]) {
      act(() => void grid.dispatchEvent(new MouseEvent("click", { clientX, clientY, bubbles: true })));
    }
    expect(onChoose.mock.calls).toEqual([[1, 2], [0, 2], [1, 2]]);
  });

  it("is walked by arrow keys from the chosen cell, stops at the edges, and chooses by Enter", () => {
    const { page, focus, onChoose } = matrix();
    expect(page.querySelectorAll("button")).toHaveLength(1);
    expect(focus().getAttribute("aria-pressed")).toBe("true");
    for (const key of ["ArrowUp", "ArrowRight", "ArrowRight", "ArrowDown"]) press(focus(), key);
    expect(focus().getAttribute("aria-label")).toBe("row 1, column 2");
    press(focus(), "Enter");
    expect(onChoose.mock.calls).toEqual([[1, 2]]);
  });

  it("has bars of groups in colour and number beside it", () => {
    const groups = [...matrix().page.querySelectorAll<HTMLElement>(".cell-bars.above i")];
    expect(groups.map((group) => group.textContent)).toEqual(["4", "7"]);
    expect(groups.map(({ style }) => style.background)).toEqual([groupColour(4), groupColour(7)]);
    expect(groups[1].style.left).toMatch(/^66\.6/);
  });
});
