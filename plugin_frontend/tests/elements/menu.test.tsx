import { describe, expect, it, vi } from "vitest";
import { Menu } from "../../src/elements/Menu";
import { act, show } from "./render";

function menu(...runs: (() => void | Promise<void>)[]) {
  const entries = () => runs.map((run, index) => ({ label: `entry ${index}`, run }));
  const page = show(
    <Menu label="Download" entries={entries}>
      ↓
    </Menu>,
  );
  const button = page.querySelector("button")!;
  const items = () => [...page.querySelectorAll<HTMLElement>("[role=menuitem]")];
  const press = (key: string) =>
    act(() => {
      document.activeElement!.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    });
  return { page, button, items, press, open: () => act(() => button.click()) };
}

describe("a menu", () => {
  it("is walked through by arrow keys and closed by Escape, the focus back on its button", () => {
    const { button, items, press, open } = menu(vi.fn(), vi.fn());
    open();
    expect(document.activeElement).toBe(items()[0]);
    press("ArrowDown");
    expect(document.activeElement).toBe(items()[1]);
    press("ArrowDown");
    expect(document.activeElement).toBe(items()[0]);
    press("ArrowUp");
    expect(document.activeElement).toBe(items()[1]);
    press("Escape");
    expect(items()).toEqual([]);
    expect(document.activeElement).toBe(button);
    expect(button.getAttribute("aria-expanded")).toBe("false");
  });

  it("keeps its keys from the page", () => {
    const onPage = vi.fn();
    document.addEventListener("keydown", onPage);
    const { press, open } = menu(vi.fn());
    open();
    press("ArrowDown");
    document.removeEventListener("keydown", onPage);
    expect(onPage).not.toHaveBeenCalled();
  });

  it("runs what is chosen, and says what went wrong", async () => {
    const { page, items, open } = menu(() => Promise.reject(new Error("The picture is too large.")));
    open();
    await act(async () => items()[0].click());
    expect(page.querySelector("[role=alert]")!.textContent).toBe("The picture is too large.");
  });
});
