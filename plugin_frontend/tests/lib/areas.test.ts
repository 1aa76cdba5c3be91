import { describe, expect, it } from "vitest";
import { areaPaths, labelPlace, spacedLabels, stacked } from "../../src/lib/areas";

const identity = (value: number) => value;
const downwards = (share: number) => 100 - 100 * share;

describe("parts of a whole", () => {
  it("lie one upon the other, and end where all of them sum to", () => {
    const [first, second] = stacked([[0.25, 0.5], [0.75, 0.5]]);
    expect(first).toEqual({ lower: [0, 0], upper: [0.25, 0.5] });
    expect(second).toEqual({ lower: [0.25, 0.5], upper: [1, 1] });
  });

  it("count only where all of them are defined", () => {
    const [first] = stacked([[0.25, 0.5, 0.5], [0.75, NaN, 0.5]]);
    expect(first.upper).toEqual([0.25, NaN, 0.5]);
  });

  it("are outlined stretch by stretch, a place alone as a bar", () => {
    const [only] = stacked([[1, 1, NaN, 1]]);
    const [stretch, alone] = areaPaths(only, [0, 10, 20, 30], identity, downwards, 4);
    expect(stretch).toBe("M0.0 0.0L10.0 0.0L10.0 100.0L0.0 100.0Z");
    expect(alone).toBe("M26.0 0.0L34.0 0.0L34.0 100.0L26.0 100.0Z");
  });
});

describe("the name of a part", () => {
  const text = { width: 10, height: 12 };

  it("stands where the part is thickest, within the chart", () => {
    const [part] = stacked([[0.125, 0.125, 0.125, 0.625]]);
    const place = labelPlace(part, [0, 20, 40, 60], identity, downwards, text, [0, 60])!;
    expect(place.x).toBe(55);
    expect(place.y).toBeGreaterThan(60);
  });

  it("stays in the middle where other places are hardly thicker", () => {
    const [part] = stacked([[0.5, 0.52]]);
    expect(labelPlace(part, [0, 40], identity, downwards, text, [0, 40])?.x).toBe(20);
  });

  it("is left out where it would not fit into the part", () => {
    const [part] = stacked([[0.05, 0.1]]);
    expect(labelPlace(part, [0, 20], identity, downwards, text, [0, 20])).toBeNull();
    const [wide] = stacked([[1, 1]]);
    expect(labelPlace(wide, [0, 5], identity, downwards, text, [0, 5])).toBeNull();
    const [unknown] = stacked([[NaN, NaN]]);
    expect(labelPlace(unknown, [0, 20], identity, downwards, text, [0, 20])).toBeNull();
  });
});

it("names both ends of the axis, and what lies far enough from both", () => {
  expect(spacedLabels([0, 10, 20, 50, 95, 100], identity, 20)).toEqual([0, 20, 50, 100]);
  expect(spacedLabels([7], identity, 20)).toEqual([7]);
});
