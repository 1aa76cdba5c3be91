import { describe, expect, it, vi } from "vitest";
import { TokenText } from "../../src/elements/TokenText";
import { colourAt, css, magma } from "../../src/lib/colour";
import { show } from "./render";

function words(weights: (number | null)[], choosable: ReadonlySet<number> | null = null) {
  const onChoose = vi.fn();
  const page = show(
    <TokenText
      label="Words"
      tokens={weights.map((weight, index) => ({ index, text: `Ġw${index}`, modality: "text" as const, weight }))}
      scale={{ low: 0, high: 1, diverging: false }}
      table={magma}
      chosen={0}
      choosable={choosable}
      onChoose={onChoose}
    />,
  );
  return { buttons: [...page.querySelectorAll("button")], onChoose };
}

describe("words with weights", () => {
  it("have the weight's colour behind them", () => {
    const [button] = words([0.5]).buttons;
    expect(button.textContent).toBe("w0");
    expect(button.style.background).toBe(css(colourAt(magma, 0.5)));
  });

  it("are hatched where the weight was not logged, and plain where there is none", () => {
    const [unlogged, without] = words([NaN, null]).buttons;
    expect(unlogged.classList).toContain("hatched");
    expect(without.classList).not.toContain("hatched");
    expect(without.style.background).toBe("");
  });

  it("are chosen by click, but for those whose attention was not logged", () => {
    const { buttons, onChoose } = words([0, 0], new Set([1]));
    buttons[0].click();
    buttons[1].click();
    expect(onChoose.mock.calls).toEqual([[1]]);
    expect(buttons[0].getAttribute("aria-disabled")).toBe("true");
  });

  it("mark the chosen one", () => {
    expect(words([0, 0]).buttons.map((button) => button.getAttribute("aria-pressed"))).toEqual(["true", "false"]);
  });
});
