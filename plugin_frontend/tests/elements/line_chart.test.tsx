import { describe, expect, it, vi } from "vitest";
import { LineChart, valueRange, type Line } from "../../src/elements/LineChart";
import { show } from "./render";

const line = (name: string, values: number[], change: Partial<Line> = {}): Line => ({
  name,
  steps: [0, 10, 20],
  values,
  kind: "series",
  series: { colour: "var(--series-1)", dash: null },
  ...change,
});

function chart(lines: Line[], onChoose?: (step: number) => void) {
  const page = show(
    <LineChart label="Chart" lines={lines} marks={[]} extent={[0, 1]} formatX={(step) => `${step} %`} onChoose={onChoose} />,
  );
  return page.querySelector<HTMLElement>(".line-chart")!;
}

describe("a chart of lines", () => {
  it("draws a line per method in its own look, and a dot per value", () => {
    const dashed = line("random", [0, NaN, 1], { series: { colour: "red", dash: "3 3" } });
    const page = chart([line("relevancy", [0, 0.5, 1]), dashed]);
    const lines = [...page.querySelectorAll(".line")];
    expect(lines.map((path) => path.getAttribute("stroke-dasharray"))).toEqual([null, "3 3"]);
    expect(page.querySelectorAll("circle")).toHaveLength(5);
  });

  it("draws bands only where errors are known", () => {
    expect(chart([line("relevancy", [0, 0.5, 1])]).querySelectorAll(".band")).toHaveLength(0);
    const known = line("relevancy", [0, 0.5, 1], { errors: [0.1, 0.1, NaN] });
    expect(chart([known]).querySelectorAll(".band")).toHaveLength(1);
  });

  it("draws the band of an interval, which need not lie evenly about the line", () => {
    const known = line("head 1", [0.5, 0.5, 0.5], { low: [0.4, 0.4, 0.4], high: [0.9, 0.9, 0.9] });
    expect(chart([known]).querySelectorAll(".band")).toHaveLength(1);
    expect(valueRange([known])).toEqual([0.4, 0.9]);
  });

  it("names the ends of its axis as it was told", () => {
    expect(chart([line("relevancy", [0, 0.5, 1])]).textContent).toContain("20 %");
  });

  it("chooses the step nearest to the click, on the side of it that has one", () => {
    const onChoose = vi.fn();
    const page = chart([line("relevancy", [0, 0.5, 1]), line("late", [1], { steps: [14] })], onChoose);
    page.getBoundingClientRect = () => new DOMRect(0, 0, 300, 150);
    // From 40 to 280: 0 to 20.
    for (const clientX of [45, 200, 275]) page.dispatchEvent(new MouseEvent("click", { clientX, bubbles: true }));
    expect(onChoose.mock.calls).toEqual([[0], [14], [20]]);
  });

  it("spans values with their errors", () => {
    expect(valueRange([line("relevancy", [0.5, NaN, 1], { errors: [0.25, 1, NaN] })])).toEqual([0.25, 1]);
    expect(valueRange([line("empty", [NaN, NaN, NaN])])).toBeNull();
  });
});
