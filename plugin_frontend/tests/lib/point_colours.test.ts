import { describe, expect, it } from "vitest";
import { colourings, MODALITY_COLOURS, MOST_CATEGORIES, pointColours } from "../../src/lib/point_colours";
import { onlyKey, pointStates, toggledKey } from "../../src/lib/point_states";
import { POINT } from "../../src/lib/scatter";
import type { ExampleSummary } from "../../src/schema";
import { projected } from "./projected_points";

function example(tag: string, prediction: string | null, loss: number | null): ExampleSummary {
  return {
    tag,
    text: "",
    target: "7",
    image: null,
    steps: [0, 10],
    predictions: ["?", prediction],
    correct: [null, prediction === "7"],
    fields: { loss: [9, loss] },
    target_boxes: [],
  };
}

const points = projected([
  ["val/1", "text", [0, 1, 2], "text"],
  ["val/1", "image", [0], "image"],
  ["val/2", "text", [0], "special"],
]);
const examples = [example("val/1", "7", 0.5), example("val/2", "3", null)];
const place = { step: 10, layer: 2, layers: [0, 2, 6] };
const coloured = (by: string, of = points) => pointColours([{ points: of, examples, ...place }], by, "light");

describe("colours of points", () => {
  it("of modalities are the page's, with the number of points of each", () => {
    const { codes, palette, categories } = coloured("modality");
    expect([...codes[0]].map((code) => palette[code])).toEqual(
      (["text", "text", "text", "image", "special"] as const).map((name) => MODALITY_COLOURS.light[name]),
    );
    expect(categories.map(({ key, count }) => [key, count])).toEqual([["text", 3], ["image", 1], ["special", 1]]);
  });

  it("follow what became of the example at the step", () => {
    const { codes, categories } = coloured("prediction");
    expect(categories.map(({ key, count }) => [key, count])).toEqual([["7", 4], ["3", 1]]);
    expect([...codes[0]]).toEqual([0, 0, 0, 0, 1]);
  });

  it("of numbers lie on a scale; what is not known is none of it", () => {
    const { codes, scale, categories } = coloured("position");
    expect(scale).toEqual({ low: 0, high: 2 });
    expect([...codes[0]]).toEqual([0, 127, 254, 0, 0]);
    expect(categories).toEqual([]);
    expect(coloured("field:loss").categories.map(({ key, count }) => [key, count])).toEqual([["unknown", 1]]);
  });

  it("of the step and the layer are those of all points of a plot, on a scale of all steps or layers", () => {
    expect(coloured("step")).toMatchObject({ scale: { low: 0, high: 10 }, codes: [new Uint8Array(5).fill(254)] });
    expect(coloured("layer")).toMatchObject({ scale: { low: 0, high: 6 }, codes: [new Uint8Array(5).fill(85)] });
  });

  it("are the same for the same value on both sides", () => {
    const other = projected([["val/2", "text", [0, 1, 2, 3, 4, 5], "text"]]);
    const plots = [points, other].map((of) => ({ points: of, examples, ...place }));
    const { codes, categories } = pointColours(plots, "prediction", "dark");
    expect(categories.map(({ key, count }) => [key, count])).toEqual([["3", 1], ["7", 4]]);
    expect([codes[0][4], codes[1][0]]).toEqual([0, 0]);
  });

  it("go to the most frequent categories; the rest shares one", () => {
    const many = projected(Array.from({ length: 20 }, (_, index) => [`val/${index}`, "text", Array(index + 1).fill(0), "text"] as const));
    const { categories, codes } = coloured("example", many);
    expect(categories).toHaveLength(MOST_CATEGORIES);
    expect(categories[0].key).toBe("val/19");
    expect(categories.at(-1)).toMatchObject({ key: "other", label: "9 others", count: 45 });
    expect(codes[0][0]).toBe(categories.at(-1)!.code);
  });

  it("can say any field of the examples", () => {
    expect(colourings(examples).map(({ value }) => value)).toContain("field:loss");
  });
});

describe("the state of points", () => {
  const colours = coloured("modality");
  const nothing = { legendOff: [], isolated: [], concealed: [], found: null, lassoed: [], tag: null };
  const states = (wanted: object) => [...pointStates(points, colours.codes[0], colours, { ...nothing, ...wanted })];
  const { NORMAL, EMPHASISED, DIMMED, HIDDEN } = POINT;

  it("lets the chosen example stand out", () => {
    expect(states({ tag: "val/2" })).toEqual([NORMAL, NORMAL, NORMAL, NORMAL, EMPHASISED]);
  });

  it("dims what is neither found nor selected", () => {
    expect(states({ tag: "val/2", found: Uint8Array.from([1, 0, 0, 0, 0]), lassoed: ["0|image|val/1"] })).toEqual([
      EMPHASISED, DIMMED, DIMMED, EMPHASISED, DIMMED,
    ]);
  });

  it("hides what the legend has off, what is hidden and what is not among the isolated", () => {
    expect(states({ legendOff: ["image"] })[3]).toBe(HIDDEN);
    expect(states({ concealed: ["0-1|text|val/1"] })).toEqual([HIDDEN, HIDDEN, NORMAL, NORMAL, NORMAL]);
    expect(states({ isolated: ["0-1|text|val/1"], concealed: ["1|text|val/1"] })).toEqual([NORMAL, HIDDEN, HIDDEN, HIDDEN, HIDDEN]);
  });
});

it("a key of the legend goes off and on; alone it goes back to all", () => {
  expect(toggledKey(toggledKey([], "text"), "text")).toEqual([]);
  const alone = onlyKey([], "text", ["text", "image", "special"]);
  expect(alone).toEqual(["image", "special"]);
  expect(onlyKey(alone, "text", ["text", "image", "special"])).toEqual([]);
});
