import { describe, expect, it, vi } from "vitest";
import { HeadScatter, type HeadPoint } from "../../src/elements/HeadScatter";
import { act, show } from "./render";

const POINTS: HeadPoint[] = [
  { key: "self:0.0", x: 1, y: 1, colour: "red", shape: "circle" },
  { key: "self:0.1", x: 0, y: 0, colour: "red", shape: "circle" },
  { key: "self:1.0", x: 0.5, y: 0.25, colour: "blue", shape: "square" },
];

function plot(points = POINTS, picked: string[] = []) {
  const heard = { onChoose: vi.fn(), onToggle: vi.fn(), onPick: vi.fn() };
  const page = show(
    <HeadScatter
      label="Heads"
      points={points}
      extent={{ x: [0, 1], y: [0, 1] }}
      axisTitles={["Entropy", "Mass"]}
      chosen={null}
      picked={new Set(picked)}
      describe={(point) => points[point].key}
      speak={(point) => points[point].key}
      {...heard}
    />,
  );
  const box = page.querySelector<HTMLElement>(".head-scatter")!;
  box.getBoundingClientRect = () => new DOMRect(0, 0, 420, 360);
  const focus = () => page.querySelector<HTMLElement>(".head-focus")!;
  return { page, box, focus, ...heard };
}

// What stands around the plot grows with the text.
document.documentElement.style.fontSize = "13px";

// The plot reaches from 56 to 404 and, upwards, from 318 to 12.
const AT: Record<string, [number, number]> = { "self:0.0": [404, 12], "self:0.1": [56, 318], "self:1.0": [230, 242] };

function drag(box: HTMLElement, from: [number, number], to: [number, number], shiftKey = false): void {
  const event = (type: string, [clientX, clientY]: [number, number]) =>
    act(() => void box.dispatchEvent(new PointerEvent(type, { clientX, clientY, shiftKey, button: 0, bubbles: true })));
  event("pointerdown", from);
  event("pointermove", to);
  event("pointerup", to);
}

function press(target: HTMLElement, key: string, shiftKey = false): void {
  act(() => void target.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, bubbles: true })));
}

describe("the scatter of heads", () => {
  it("chooses the head that is clicked, and toggles it with Shift", () => {
    const { box, onChoose, onToggle, onPick } = plot();
    drag(box, AT["self:1.0"], AT["self:1.0"]);
    drag(box, AT["self:0.1"], AT["self:0.1"], true);
    expect(onChoose.mock.calls).toEqual([[2]]);
    expect(onToggle.mock.calls).toEqual([[1]]);
    expect(onPick).not.toHaveBeenCalled();
  });

  it("picks the heads in the rectangle that is drawn, and adds to them with Shift", () => {
    const { box, onChoose, onPick } = plot();
    drag(box, [200, 200], [420, 0]);
    drag(box, [300, 300], [0, 360], true);
    drag(box, [100, 100], [140, 140]);
    expect(onPick.mock.calls).toEqual([[[0], false], [[1], true], [[], false]]);
    drag(box, [240, 200], [0, 360]);
    expect(onPick.mock.lastCall).toEqual([[1, 2], false]);
    expect(onChoose).not.toHaveBeenCalled();
  });

  it("picks the heads within a line drawn with Ctrl, which no rectangle would", () => {
    const { box, onPick } = plot();
    // A triangle that holds the lower left and the upper right head, but not the one below its long side.
    const corners: [number, number][] = [[40, 340], [420, 0], [40, 0]];
    const event = (type: string, [clientX, clientY]: [number, number]) =>
      act(() => void box.dispatchEvent(new PointerEvent(type, { clientX, clientY, ctrlKey: true, button: 0, bubbles: true })));
    event("pointerdown", corners[0]);
    for (const corner of [...corners.slice(1), corners[0]]) event("pointermove", corner);
    event("pointerup", corners[0]);
    // At 404, 12 the long side is at 404 * -340 / 380 + 376 = 14.5, at 56, 318 at 325.9 and at 230, 242 at 170.2.
    expect(onPick.mock.calls).toEqual([[[0, 1], false]]);
  });

  it("is walked by arrow keys in the order of the axes, one head at a time reached by Tab", () => {
    const { page, focus, onChoose, onToggle } = plot();
    expect(page.querySelectorAll("button")).toHaveLength(1);
    const walk = (key: string) => {
      press(focus(), key);
      return focus().getAttribute("aria-label");
    };
    expect(["Home", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"].map(walk)).toEqual([
      "self:0.1", "self:1.0", "self:0.0", "self:0.0", "self:1.0",
    ]);
    expect(walk("ArrowUp")).toBe("self:0.0");
    press(focus(), "Enter");
    press(focus(), " ", true);
    expect(onChoose.mock.calls).toEqual([[0]]);
    expect(onToggle.mock.calls).toEqual([[0]]);
  });

  it("draws picked heads last and the others quietly", () => {
    const marks = [...plot(POINTS, ["self:0.0"]).page.querySelectorAll<SVGElement>(".head-mark")];
    expect(marks.map(({ dataset }) => dataset.quiet)).toEqual(["true", "true", "false"]);
    expect(marks[2].style.fill).toBe("red");
  });

  it("draws an arrow from where a head was", () => {
    const moved = POINTS.map((point): HeadPoint => ({ ...point, from: [0.5, 0.25] }));
    const paths = [...plot(moved).page.querySelectorAll(".head-arrow")].map((path) => path.getAttribute("d"));
    expect(paths[0]).toContain("M230.2 241.7L404.4 11.7");
    expect(plot().page.querySelectorAll(".head-arrow[d^=M]")).toHaveLength(0);
  });
});
