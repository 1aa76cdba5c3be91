import { describe, expect, it, vi } from "vitest";
import { WordPlayer } from "../../src/elements/WordPlayer";
import { show } from "./render";

function player(shown: number, playing = false) {
  const calls = { onChoose: vi.fn(), onMove: vi.fn(), onTogglePlay: vi.fn() };
  const words = ["the", "tile", "the"].map((text, place) => ({ text, title: `token ${place}` }));
  const page = show(<WordPlayer words={words} shown={shown} playing={playing} {...calls} />);
  const button = (label: string) => page.querySelector<HTMLButtonElement>(`[aria-label="${label}"]`)!;
  return { page, button, ...calls };
}

describe("the player of words", () => {
  it("marks the word shown, also where another is spelled the same", () => {
    const pressed = [...player(2).page.querySelectorAll(".player-word")].map((word) => word.getAttribute("aria-pressed"));
    expect(pressed).toEqual(["false", "false", "true"]);
  });

  it("chooses a word by its place", () => {
    const { page, onChoose } = player(0);
    page.querySelectorAll<HTMLElement>(".player-word")[2].click();
    expect(onChoose.mock.calls).toEqual([[2]]);
  });

  it("steps in both directions, not beyond the ends", () => {
    const middle = player(1);
    middle.button("Previous word").click();
    middle.button("Next word").click();
    expect(middle.onMove.mock.calls).toEqual([[-1], [1]]);
    expect(player(0).button("Previous word").disabled).toBe(true);
    expect(player(2).button("Next word").disabled).toBe(true);
  });

  it("plays and pauses", () => {
    const { button, onTogglePlay } = player(0);
    button("Play the words").click();
    expect(onTogglePlay).toHaveBeenCalledOnce();
    expect(player(0, true).button("Pause the words")).not.toBeNull();
  });
});
