/** What the colours of points say: a category each, or a number on a scale. */

import { colourAt, viridis, type Rgb } from "./colour";
import { MODALITIES, sequenceOf, tagOf, type Grouped } from "./points";
import { range } from "./scale";
import type { ExampleSummary, Modality } from "../schema";

/** Categories that have a colour of their own; rarer ones share "other". */
export const MOST_CATEGORIES = 12;

export const OTHER = "other";
export const UNKNOWN = "unknown";

export interface Category {
  /** What it is in a link. */
  key: string;
  label: string;
  count: number;
  /** Index into the palette. */
  code: number;
  colour: Rgb;
}

export interface PointColours {
  /** Of each plot: index into the palette, per point. */
  codes: readonly Uint8Array[];
  palette: readonly Rgb[];
  /** By frequency; modalities in their own order. "other" and what is not known come last. */
  categories: readonly Category[];
  /** Of numbers: what the ends of the palette mean. Categories then holds at most what is not known. */
  scale: { low: number; high: number } | null;
}

export type Theme = "light" | "dark";

type Value = string | number | boolean | null;

/** Okabe and Ito's colours for modalities; their marks differ without colour as well. */
export const MODALITY_COLOURS: Record<Theme, Record<Modality, Rgb>> = {
  light: { text: [0, 114, 178], image: [230, 159, 0], special: [125, 125, 125], generated: [0, 158, 115], padding: [190, 190, 190] },
  dark: { text: [86, 180, 233], image: [230, 159, 0], special: [165, 165, 165], generated: [40, 190, 145], padding: [100, 100, 100] },
};

const RIGHT_AND_WRONG: Record<Theme, [Rgb, Rgb]> = {
  light: [[0, 122, 90], [194, 80, 10]],
  dark: [[62, 207, 159], [255, 154, 92]],
};

/** Paul Tol's muted scheme and three colours of his vibrant one, which colour-blind eyes tell apart. */
const CATEGORIES: Record<Theme, readonly Rgb[]> = {
  light: [
    [51, 34, 136], [204, 102, 119], [17, 119, 51], [190, 160, 60], [68, 170, 153], [136, 34, 85],
    [60, 150, 220], [153, 153, 51], [170, 68, 153], [204, 51, 17], [0, 80, 120], [90, 90, 90],
  ],
  dark: [
    [136, 204, 238], [204, 102, 119], [90, 190, 110], [221, 204, 119], [68, 170, 153], [215, 130, 170],
    [110, 130, 230], [170, 170, 70], [190, 100, 180], [238, 119, 51], [60, 150, 200], [210, 210, 210],
  ],
};

const GREY: Record<Theme, Rgb> = { light: [165, 165, 165], dark: [110, 110, 110] };

/** The part of viridis that stands out from a light page and from a dark one. */
const [SCALE_FROM, SCALE_TO] = [0.06, 0.96];

/** What points can be coloured by. Fields are named `field:<name>`. */
export function colourings(examples: readonly ExampleSummary[]): { value: string; label: string }[] {
  const fields = [...new Set(examples.flatMap(({ fields }) => Object.keys(fields)))];
  return [
    { value: "modality", label: "modality" },
    { value: "position", label: "position in the sequence" },
    { value: "sequence", label: "sequence" },
    { value: "example", label: "example" },
    { value: "step", label: "step (of trails)" },
    { value: "layer", label: "layer (of trails)" },
    { value: "prediction", label: "prediction" },
    { value: "target", label: "target" },
    { value: "correct", label: "right or wrong" },
    ...fields.map((name) => ({ value: `field:${name}`, label: name })),
  ];
}

/** What an example is coloured by at a step; null where it is not known. */
function exampleValue(example: ExampleSummary | undefined, by: string, step: number): Value {
  if (!example) return null;
  const index = example.steps.indexOf(step);
  if (by === "target") return example.target;
  if (by === "prediction") return example.predictions[index] ?? null;
  if (by === "correct") return example.correct[index] ?? null;
  return by.startsWith("field:") ? (example.fields[by.slice(6)]?.[index] ?? null) : null;
}

/** The points of a plot, the examples they are of, the step and the layer. */
export interface ColouredPoints {
  points: Grouped & { modalities: readonly Modality[] };
  examples: readonly ExampleSummary[];
  step: number;
  layer: number;
  /** All that there are. */
  layers: readonly number[];
}

/** The colour of every point: one scale for all the plots that stand side by side. */
export function pointColours(plots: readonly ColouredPoints[], by: string, theme: Theme): PointColours {
  if (by === "modality") return byModality(plots, theme);
  if (by === "position") {
    return onScale(plots.map(({ points }) => Float32Array.from(points.token, (token) => (token < 0 ? NaN : token))), theme);
  }
  if (by === "step" || by === "layer") {
    const every = plots.map(({ examples, layers }) => (by === "step" ? examples.flatMap(({ steps }) => steps) : layers));
    return onScale(plots.map((plot) => new Float32Array(plot.points.count).fill(plot[by])), theme, range(...every));
  }
  const values = plots.map((plot) => groupValues(plot, by));
  const numeric = values.some((groups) => groups.some((value) => typeof value === "number"));
  return numeric
    ? onScale(plots.map(({ points }, plot) => perPoint(points, values[plot])), theme)
    : inCategories(plots.map(({ points }) => points), values, by, theme);
}

function groupValues({ points, examples, step }: ColouredPoints, by: string): Value[] {
  const known = new Map(examples.map((example) => [example.tag, example]));
  return Array.from({ length: points.starts.length - 1 }, (_, group) => {
    if (by === "sequence") return sequenceOf(points, group);
    if (by === "example") return tagOf(points, group);
    return exampleValue(known.get(tagOf(points, group)), by, step);
  });
}

function byModality(plots: readonly ColouredPoints[], theme: Theme): PointColours {
  const palette = MODALITIES.map((name) => MODALITY_COLOURS[theme][name]);
  const codes = plots.map(({ points: { modality, modalities } }) => {
    const kindOf = modalities.map((name) => Math.max(0, MODALITIES.indexOf(name)));
    return modality.map((kind) => kindOf[kind]);
  });
  const all = MODALITIES.map((name, code) => ({ key: name, label: name, count: 0, code, colour: palette[code] }));
  return { codes, palette, categories: counted(all, codes), scale: null };
}

const NOT_KNOWN = 255;

/** The colour of a number on a scale that points are coloured by. */
export function codeOnScale(value: number, { low, high }: { low: number; high: number }): number {
  if (Number.isNaN(value)) return NOT_KNOWN;
  // All the same: in the middle.
  const share = high > low ? (value - low) / (high - low) : 0.5;
  return Math.round(254 * Math.min(1, Math.max(0, share)));
}

/** Most of a palette of 256 is the scale, the last of it what is not known. */
function onScale(values: readonly Float32Array[], theme: Theme, ends = range(...values)): PointColours {
  const [low, high] = ends ?? [0, 1];
  const scale = { low, high };
  const codes = values.map((numbers) => {
    const coded = new Uint8Array(numbers.length);
    for (let point = 0; point < numbers.length; point++) coded[point] = codeOnScale(numbers[point], scale);
    return coded;
  });
  const palette = Array.from({ length: 256 }, (_, code) =>
    code === NOT_KNOWN ? GREY[theme] : colourAt(viridis, SCALE_FROM + ((SCALE_TO - SCALE_FROM) * code) / 254),
  );
  const rest = { key: UNKNOWN, label: "not known", count: 0, code: NOT_KNOWN, colour: GREY[theme] };
  return { codes, palette, categories: counted([rest], codes), scale };
}

function inCategories(plots: readonly Grouped[], values: readonly Value[][], by: string, theme: Theme): PointColours {
  const sizes = new Map<string, number>();
  plots.forEach(({ groups }, plot) =>
    values[plot].forEach((value, group) => {
      if (value !== null) sizes.set(String(value), (sizes.get(String(value)) ?? 0) + groups[3 * group + 2]);
    }),
  );
  const ordered = [...sizes].sort((first, second) => second[1] - first[1] || first[0].localeCompare(second[0]));
  const own = ordered.length <= MOST_CATEGORIES ? ordered : ordered.slice(0, MOST_CATEGORIES - 1);
  const judged = by === "correct" ? new Map(["true", "false"].map((key, index) => [key, RIGHT_AND_WRONG[theme][index]])) : null;
  const all: Category[] = own.map(([key], code) => ({
    key,
    label: labelOf(by, key),
    count: 0,
    code,
    colour: judged?.get(key) ?? CATEGORIES[theme][code],
  }));
  const other = all.length;
  all.push({ key: OTHER, label: `${ordered.length - own.length} others`, count: 0, code: other, colour: CATEGORIES[theme][MOST_CATEGORIES - 1] });
  all.push({ key: UNKNOWN, label: "not known", count: 0, code: other + 1, colour: GREY[theme] });
  const codeOf = new Map(own.map(([key], code) => [key, code]));
  const codes = plots.map(({ starts, count }, plot) => {
    const coded = new Uint8Array(count);
    values[plot].forEach((value, group) => {
      coded.fill(value === null ? other + 1 : (codeOf.get(String(value)) ?? other), starts[group], starts[group + 1]);
    });
    return coded;
  });
  return { codes, palette: all.map(({ colour }) => colour), categories: counted(all, codes), scale: null };
}

/** Those that there are, with the number of their points in the first plot. */
function counted(categories: readonly Category[], codes: readonly Uint8Array[]): Category[] {
  const counts = codes.map((coded) => {
    const found = new Uint32Array(256);
    for (let point = 0; point < coded.length; point++) found[coded[point]] += 1;
    return found;
  });
  const there = categories.filter(({ code }) => counts.some((found) => found[code] > 0));
  return there.map((category) => ({ ...category, count: counts[0][category.code] }));
}

function labelOf(by: string, key: string): string {
  if (by === "correct") return key === "true" ? "right" : "wrong";
  return key === "" ? "(empty)" : key;
}

function perPoint({ starts, count }: Grouped, values: readonly Value[]): Float32Array {
  const found = new Float32Array(count);
  values.forEach((value, group) => found.fill(typeof value === "number" ? value : NaN, starts[group], starts[group + 1]));
  return found;
}
