import { describe, expect, it, vi } from "vitest";
import { TokenCard } from "../../src/elements/TokenCard";
import type { LayerNeighbours, Neighbour } from "../../src/schema";
import { act, show } from "./render";

const red: Neighbour = {
  tag: "val/1",
  sequence: "text",
  token: 4,
  text: "▁red",
  modality: "text",
  distance: 0.25,
  box: null,
  image: null,
};
const layers: LayerNeighbours[] = [0, 3].map((layer) => ({ layer, metric: "cosine", points: 9, neighbours: [red] }));

function card(change: { neighbours?: LayerNeighbours[] | null; values?: (number | null)[] } = {}) {
  const [onLayer, onChoose] = [vi.fn(), vi.fn()];
  const page = show(
    <TokenCard
      shown={{ text: "tile", modality: "text", sequence: "joint", token: 7, place: null }}
      neighbours={change.neighbours === undefined ? layers : change.neighbours}
      words={layers[1]}
      curves={[{ title: "Entropy", layers: [0, 3], values: change.values ?? [1, 2] }]}
      layer={3}
      urlOf={(image) => image}
      onLayer={onLayer}
      onChoose={onChoose}
    />,
  );
  return { page, onLayer, onChoose };
}

describe("the card of a token", () => {
  it("says what the token is, and speaks of each neighbour where it is and how far", () => {
    const { page } = card();
    expect(page.textContent).toContain("“tile”");
    expect(page.textContent).toContain("text, token 7 of joint");
    const spoken = [...page.querySelectorAll(".word-cloud button")].map((one) => one.getAttribute("aria-label"));
    expect(spoken).toEqual(["“red”, text token 4 of val/1, distance 0.25"]);
  });

  it("goes to a layer, and to a neighbour in its own example", () => {
    const { page, onLayer, onChoose } = card();
    act(() => page.querySelector<HTMLElement>("[aria-label='Layer 0']")!.click());
    act(() => page.querySelector<HTMLElement>(".neighbour")!.click());
    expect(onLayer).toHaveBeenCalledWith(0);
    expect(onChoose).toHaveBeenCalledWith(red);
    expect(page.querySelector("tr[data-chosen=true] th")!.textContent).toBe("3");
  });

  it("says so where no hidden states were logged, and leaves out curves without a number", () => {
    const { page } = card({ neighbours: null, values: [null, null] });
    expect(page.textContent).toContain("No hidden states were logged");
    expect(page.querySelector(".line-chart")).toBeNull();
  });
});
