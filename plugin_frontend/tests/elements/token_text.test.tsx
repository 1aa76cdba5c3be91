import { describe, expect, it, vi } from "vitest";
import { TokenText } from "../../src/elements/TokenText";
import { colourAt, css, magma } from "../../src/lib/colour";
import { show } from "./render";

const CLOSED = "was not logged";

function words(weights: (number | null)[], choosable: ReadonlySet<number> | null = null, closed?: string) {
  const onChoose = vi.fn();
  const page = show(
    <TokenText
      label="Words"
      tokens={weights.map((weight, index) => ({ index, text: `Ġw${index}`, modality: "text" as const, weight }))}
      scale={{ low: 0, high: 1, diverging: false }}
      table={magma}
      chosen={[0]}
      choosable={choosable}
      closed={closed}
      onChoose={onChoose}
    />,
  );
  return { page, buttons: [...page.querySelectorAll("button")], onChoose };
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
    const { buttons, onChoose } = words([0, 0], new Set([1]), CLOSED);
    buttons[0].click();
    buttons[1].click();
    expect(onChoose.mock.calls).toEqual([[1, "only"]]);
    expect(buttons[0].getAttribute("aria-disabled")).toBe("true");
    expect(buttons[0].title).toBe(CLOSED);
  });

  it("are added, reached by a range, or taken as a whole word, as the keys and a double click say", () => {
    const { buttons, onChoose } = words([0, 0]);
    for (const keys of [{ ctrlKey: true }, { metaKey: true }, { shiftKey: true }]) {
      buttons[1].dispatchEvent(new MouseEvent("click", { ...keys, bubbles: true }));
    }
    buttons[1].dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
    expect(onChoose.mock.calls).toEqual([[1, "add"], [1, "add"], [1, "range"], [1, "word"]]);
  });

  it("are mere words where there is no reason to choose them", () => {
    const { page, buttons, onChoose } = words([0, 0], new Set([1]));
    expect(buttons.map((button) => button.textContent)).toEqual(["w1"]);
    page.querySelector<HTMLElement>("[data-token='0']")!.click();
    expect(onChoose).not.toHaveBeenCalled();
  });

  it("are struck through where they were taken away", () => {
    const token = { text: "tile", modality: "text" as const, weight: null };
    const page = show(
      <TokenText
        label="Words"
        tokens={[{ ...token, index: 0 }, { ...token, index: 1, removed: true }]}
        scale={{ low: 0, high: 1, diverging: false }}
        table={magma}
        chosen={[]}
        choosable={new Set()}
      />,
    );
    expect([...page.querySelectorAll("del")].map(({ dataset }) => dataset.token)).toEqual(["1"]);
  });

  it("mark the chosen one", () => {
    expect(words([0, 0]).buttons.map((button) => button.getAttribute("aria-pressed"))).toEqual(["true", "false"]);
  });
});
