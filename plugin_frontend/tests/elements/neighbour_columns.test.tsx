import { describe, expect, it, vi } from "vitest";
import { NeighbourColumns } from "../../src/elements/NeighbourColumns";
import type { Neighbour } from "../../src/schema";
import { show } from "./render";

function word(text: string, distance: number): Neighbour {
  return { tag: "val/0", sequence: "text", token: 3, text, modality: "text", distance, box: null, image: null };
}

const patch: Neighbour = { ...word("7", 0.4), modality: "image", box: [0, 0, 0.5, 0.5], image: "abc" };

function columns(onChoose = vi.fn(), onColumn = vi.fn()) {
  const page = show(
    <NeighbourColumns
      label="Nearest words"
      columns={[
        { number: 0, neighbours: [word("red", 0.1), word("blue", 0.2)] },
        { number: 3, neighbours: [patch] },
      ]}
      fresh={[[false, false], [true]]}
      before="in the layer before"
      farthest={0.4}
      chosen={3}
      titleOf={String}
      nameOf={(number) => `layer ${number}`}
      urlOf={(image) => `/image/${image}`}
      onColumn={onColumn}
      onChoose={onChoose}
    />,
  );
  return { page, onChoose, onColumn };
}

describe("columns of neighbours", () => {
  it("hold the nearest first, and nothing where a column has fewer", () => {
    const { page } = columns();
    const rows = [...page.querySelectorAll("tbody tr")].map((row) =>
      [...row.querySelectorAll("td")].map((cell) => cell.dataset.value ?? ""),
    );
    expect(rows).toEqual([
      ["“red”, text token 3 of val/0, distance 0.1", "patch 7, image token 3 of val/0, distance 0.4"],
      ["“blue”, text token 3 of val/0, distance 0.2", ""],
    ]);
  });

  it("say which are new, in the look and in words", () => {
    const { page } = columns();
    const fresh = [...page.querySelectorAll<HTMLElement>("[data-new=true]")];
    expect(fresh).toHaveLength(1);
    expect(fresh[0].querySelector("button")!.getAttribute("aria-label")).toContain("not among the nearest in the layer before");
  });

  it("draw distances on one scale", () => {
    const { page } = columns();
    const widths = [...page.querySelectorAll<HTMLElement>(".neighbour-bar i")].map(({ style }) => style.width);
    expect(widths).toEqual(["25%", "100%", "50%"]);
  });

  it("lead to a neighbour by click, and to a layer by its title", () => {
    const { page, onChoose, onColumn } = columns();
    page.querySelector<HTMLElement>("td button")!.click();
    expect(onChoose).toHaveBeenCalledWith(word("red", 0.1));
    const [first, chosen] = page.querySelectorAll<HTMLElement>("thead button");
    expect(chosen.getAttribute("aria-pressed")).toBe("true");
    first.click();
    expect(onColumn).toHaveBeenCalledWith(0);
  });
});
