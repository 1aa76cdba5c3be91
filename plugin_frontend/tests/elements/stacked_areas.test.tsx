import { describe, expect, it, vi } from "vitest";
import { StackedAreas, type Part } from "../../src/elements/StackedAreas";
import { show } from "./render";

const PARTS: Part[] = [
  { name: "image", colour: "var(--image)", values: [0.25, 0.5, 0.125] },
  { name: "sinks", colour: "var(--sink)", dotted: true, values: [0.75, 0.5, 0.875] },
];

function chart(parts: Part[], onChoose = vi.fn()) {
  const page = show(
    <StackedAreas
      label="Budget"
      places={[2, 5, 9]}
      parts={parts}
      marks={[{ place: 5, kind: "chosen" }]}
      formatPlace={String}
      describePlace={(place) => `layer ${place}`}
      onChoose={onChoose}
    />,
  );
  return { box: page.querySelector<HTMLElement>(".stacked-areas")!, onChoose };
}

const press = (target: HTMLElement, key: string) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));

describe("stacked areas", () => {
  it("draw one area per part and name each within it", () => {
    const { box } = chart(PARTS);
    expect([...box.querySelectorAll<SVGElement>(".area")].map(({ style }) => style.fill)).toEqual(["var(--image)", "var(--sink)"]);
    expect([...box.querySelectorAll(".area-name")].map((name) => name.textContent)).toEqual(["image", "sinks"]);
  });

  it("tell a dotted part from the others without its colour", () => {
    const { box } = chart(PARTS);
    const pattern = box.querySelector("pattern")!.id;
    expect(box.querySelectorAll(`path[fill="url(#${pattern})"]`)).toHaveLength(1);
  });

  it("speak the parts at the chosen place", () => {
    const { box } = chart(PARTS);
    expect(box.getAttribute("aria-valuenow")).toBe("5");
    expect(box.getAttribute("aria-valuetext")).toBe("layer 5: image 50 %, sinks 50 %");
  });

  it("are walked by arrow keys, which stay within the places and away from the page", () => {
    const { box, onChoose } = chart(PARTS);
    const heard = vi.fn();
    document.addEventListener("keydown", heard);
    for (const key of ["ArrowLeft", "ArrowRight", "Home", "End"]) press(box, key);
    document.removeEventListener("keydown", heard);
    expect(onChoose.mock.calls).toEqual([[2], [9], [2], [9]]);
    expect(heard).not.toHaveBeenCalled();
  });

  it("choose the place nearest to a click", () => {
    const { box, onChoose } = chart(PARTS);
    box.getBoundingClientRect = () => new DOMRect(0, 0, 320, 160);
    // From 46 to 306: 2 to 9.
    for (const clientX of [50, 150, 300]) box.dispatchEvent(new MouseEvent("click", { clientX, bubbles: true }));
    expect(onChoose.mock.calls).toEqual([[2], [5], [9]]);
  });

  it("hatch what is not defined, rather than draw it as zero", () => {
    const { box } = chart(PARTS.map((part) => ({ ...part, values: [NaN, NaN, NaN] })));
    expect(box.querySelectorAll(".area")).toHaveLength(0);
    expect(box.querySelectorAll(".area-undefined")).toHaveLength(1);
    expect(box.textContent).toContain("not defined");
  });
});
