import { describe, expect, it } from "vitest";
import { RowWindow } from "../../src/elements/RowWindow";
import { act, show } from "./render";

const HEIGHT = 20;

/** jsdom has no layout: the window is 100 pixels high. */
function rows(count: number, reveal: number) {
  const page = show(
    <RowWindow
      class="window"
      count={count}
      rowHeight={HEIGHT}
      reveal={reveal}
      head={<p>names</p>}
      renderRow={(index) => <b key={index}>{index}</b>}
    />,
  );
  const box = page.querySelector<HTMLElement>(".window")!;
  Object.defineProperty(box, "clientHeight", { value: 100, configurable: true });
  const shown = () => [...box.querySelectorAll("b")].map(({ textContent }) => Number(textContent));
  const scroll = (top: number) => act(() => {
    box.scrollTop = top;
    box.dispatchEvent(new Event("scroll"));
  });
  return { box, shown, scroll };
}

describe("a window on many rows", () => {
  it("holds the rows in sight and a few more, and takes the height of all", () => {
    const { box, shown, scroll } = rows(10_000, -1);
    scroll(5000);
    expect(shown()).toContain(250);
    expect(shown()).toContain(254);
    expect(shown().length).toBeLessThan(40);
    const spaces = [...box.children].filter(({ tagName }) => tagName === "DIV") as HTMLElement[];
    const height = spaces.reduce((sum, { style }) => sum + parseFloat(style.height), 0) + HEIGHT * shown().length;
    expect(height).toBe(10_000 * HEIGHT);
  });

  it("keeps its head whatever is in sight", () => {
    const { box, scroll } = rows(1000, -1);
    scroll(9000);
    expect(box.textContent).toContain("names");
  });

  it("scrolls to a row that is to be revealed", () => {
    rows(1000, 0);
    const { shown } = rows(1000, 500);
    expect(shown()).toContain(500);
  });
});
