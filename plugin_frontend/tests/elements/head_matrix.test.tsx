import { describe, expect, it, vi } from "vitest";
import { HeadMatrix } from "../../src/elements/HeadMatrix";
import { viridis } from "../../src/lib/colour";
import { formatNumber } from "../../src/lib/format";
import type { Head } from "../../src/lib/selection";
import { sequentialScale } from "../../src/lib/scale";
import { show } from "./render";

const VALUES = new Float32Array([0.1, 0.2, NaN, 0.4, 0.5, 0.6]);

function matrix(selected: { layer: number; head: Head }, onChoose = vi.fn(), more: Partial<Parameters<typeof HeadMatrix>[0]> = {}) {
  const page = show(
    <HeadMatrix
      label="self"
      layers={[2, 5]}
      heads={3}
      values={VALUES}
      layerMean={new Float32Array([0.15, 0.5])}
      scale={sequentialScale([VALUES])}
      table={viridis}
      selected={selected}
      format={formatNumber}
      onChoose={onChoose}
      {...more}
    />,
  );
  const cell = (name: string) => page.querySelector<HTMLElement>(`[aria-label="${name}"]`)!;
  return { page, cell, onChoose };
}

function press(target: HTMLElement, key: string): void {
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
}

describe("the matrix of heads", () => {
  it("speaks each cell's layer, head and value, with the layers' own numbers", () => {
    const { cell } = matrix({ layer: 2, head: 0 });
    expect(cell("layer 5, head 1: 0.5").textContent).toBe("0.5");
    expect(cell("layer 5, mean of 3 heads: 0.5")).not.toBeNull();
  });

  it("says what is not defined, rather than show it as zero", () => {
    expect(matrix({ layer: 2, head: 0 }).cell("layer 2, head 2: not defined").textContent).toBe("");
  });

  it("makes elements of a thousand heads only where one stands out", () => {
    const values = Float32Array.from({ length: 32 * 32 }, (_, index) => index);
    const { page, cell } = matrix({ layer: 3, head: 4 }, vi.fn(), {
      layers: [...Array(32).keys()],
      heads: 32,
      values,
      layerMean: new Float32Array(32),
      look: (line, head) => (line === 9 && head === 1 ? { marked: true } : {}),
    });
    expect([...page.querySelectorAll("[role=gridcell]")]).toEqual([
      cell("layer 3, head 4: 100"),
      cell("layer 9, head 1: 289, beyond chance"),
    ]);
    expect(cell("layer 3, head 4: 100").style.gridColumn).toBe("6");
  });

  it("marks the selected cell, which alone is reached by Tab", () => {
    const { page, cell } = matrix({ layer: 5, head: 2 });
    expect([...page.querySelectorAll("[tabindex='0']")]).toEqual([cell("layer 5, head 2: 0.6")]);
    expect(cell("layer 5, head 2: 0.6").getAttribute("aria-selected")).toBe("true");
  });

  it("chooses a head by click, and the layer's mean in the last column", () => {
    const { cell, onChoose } = matrix({ layer: 2, head: 0 });
    cell("layer 5, head 0: 0.4").click();
    cell("layer 2, mean of 3 heads: 0.15").click();
    expect(onChoose.mock.calls).toEqual([[5, 0], [2, "mean"]]);
  });

  it("moves by arrow keys, stops at the edges, and keeps the keys from the page", () => {
    const { cell, onChoose } = matrix({ layer: 2, head: 2 });
    const heard = vi.fn();
    document.addEventListener("keydown", heard);
    const start = cell("layer 2, head 2: not defined");
    press(start, "ArrowDown");
    press(start, "ArrowRight");
    press(start, "ArrowUp");
    document.removeEventListener("keydown", heard);
    expect(onChoose.mock.calls).toEqual([[5, 2], [2, "mean"], [2, 2]]);
    expect(heard).not.toHaveBeenCalled();
  });

  it("speaks the interval, what is beyond chance and what is picked, and marks the cell", () => {
    const look = (line: number, head: Head) =>
      line === 1 && head === 1 ? { detail: "[0.4, 0.6], 18 samples", marked: true, picked: true } : {};
    const { cell } = matrix({ layer: 2, head: 0 }, vi.fn(), { look });
    const special = cell("layer 5, head 1: 0.5, [0.4, 0.6], 18 samples, beyond chance, picked");
    expect(special.dataset).toMatchObject({ marked: "true", picked: "true" });
    expect(cell("layer 5, head 0: 0.4").dataset.marked).toBeUndefined();
  });

  it("picks heads with Ctrl or Shift held, but not the layer's mean", () => {
    const onPick = vi.fn();
    const { cell, onChoose } = matrix({ layer: 2, head: 0 }, vi.fn(), { onPick });
    const click = (name: string, keys: MouseEventInit) =>
      cell(name).dispatchEvent(new MouseEvent("click", { bubbles: true, ...keys }));
    click("layer 5, head 0: 0.4", { ctrlKey: true });
    click("layer 5, head 1: 0.5", { shiftKey: true });
    click("layer 5, mean of 3 heads: 0.5", { ctrlKey: true });
    expect(onPick.mock.calls).toEqual([[5, 0, false], [5, 1, true]]);
    expect(onChoose.mock.calls).toEqual([[5, "mean"]]);
  });

  it("holds a chart in place of the colour, and leaves blank what is defined but has no colour", () => {
    const look = (line: number, head: Head) => (line === 0 && head === 0 ? { chart: <svg /> } : line === 0 && head === 1 ? { blank: true } : {});
    const { cell } = matrix({ layer: 5, head: 0 }, vi.fn(), { look });
    expect(cell("layer 2, head 0: 0.1").querySelector("svg")).not.toBeNull();
    for (const name of ["layer 2, head 0: 0.1", "layer 2, head 1: 0.2"]) {
      expect(cell(name).classList).toContain("plain");
    }
  });
});
