import { describe, expect, it, vi } from "vitest";
import { StepSlider } from "../../src/elements/StepSlider";
import { show } from "./render";

const STEPS = [0, 100, 400];
const track = (step: number) => ({ steps: STEPS, correct: [false, null, true], step });

function slider(withB = false) {
  const onMove = vi.fn();
  const page = show(<StepSlider a={track(100)} b={withB ? track(400) : null} onMove={onMove} />);
  const line = page.querySelector<HTMLElement>(".slider-track")!;
  line.getBoundingClientRect = () => new DOMRect(0, 0, 400, 20);
  line.setPointerCapture = () => undefined;
  const press = (x: number, shiftKey = false) => {
    line.dispatchEvent(new PointerEvent("pointerdown", { clientX: x, shiftKey, button: 0, bubbles: true }));
    line.dispatchEvent(new PointerEvent("pointerup", { bubbles: true }));
  };
  return { page, line, onMove, press };
}

describe("the step slider", () => {
  it("snaps to the steps that were logged", () => {
    const { press, onMove } = slider();
    press(390);
    press(120);
    press(-50);
    expect(onMove.mock.calls).toEqual([["a", 400], ["a", 100], ["a", 0]]);
  });

  it("sets B on shift-click", () => {
    const { press, onMove } = slider();
    press(0, true);
    expect(onMove.mock.calls).toEqual([["b", 0]]);
  });

  it("drags a handle from step to step, reporting each once", () => {
    const { page, line, onMove } = slider(true);
    const handle = page.querySelector("[data-side=b]")!;
    handle.dispatchEvent(new PointerEvent("pointerdown", { clientX: 400, button: 0, bubbles: true }));
    line.dispatchEvent(new PointerEvent("pointermove", { clientX: 395, bubbles: true }));
    line.dispatchEvent(new PointerEvent("pointermove", { clientX: 90, bubbles: true }));
    line.dispatchEvent(new PointerEvent("pointerup", { bubbles: true }));
    line.dispatchEvent(new PointerEvent("pointermove", { clientX: 0, bubbles: true }));
    expect(onMove.mock.calls).toEqual([["b", 100]]);
  });

  it("is a slider for the keyboard and for screen readers", () => {
    const { page, onMove } = slider();
    const handle = page.querySelector<HTMLElement>("[role=slider]")!;
    expect(handle.getAttribute("aria-valuetext")).toBe("step 100");
    for (const key of ["ArrowRight", "ArrowLeft", "End", "x"]) {
      handle.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    }
    expect(onMove.mock.calls).toEqual([["a", 400], ["a", 0], ["a", 400]]);
  });

  it("shows at which steps the example was right", () => {
    const ticks = [...slider().page.querySelectorAll(".tick")].map((tick) => tick.className);
    expect(ticks).toEqual(["tick wrong", "tick unknown", "tick correct"]);
  });
});
