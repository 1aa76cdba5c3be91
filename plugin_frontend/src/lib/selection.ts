/** What the user looks at: the one thing that drives every view. */

import type { Order } from "../schema";
import type { Parameters } from "./address";

export const VIEWS = ["heads", "attention", "embeddings", "relevancy"] as const;
export const MODES = ["a", "b", "ab", "difference"] as const;

export type View = (typeof VIEWS)[number];
export type Mode = (typeof MODES)[number];
export type Side = "a" | "b";
export type Head = number | "mean";
/** Does the chosen token look (query), or is it looked at (key)? */
export type Role = "query" | "key";

export interface Selection {
  view: View;
  mode: Mode;
  runA: string | null;
  runB: string | null;
  stepA: number | null;
  stepB: number | null;
  tag: string | null;
  block: string | null;
  layer: number | null;
  head: Head | null;
  statistic: string | null;
  sequence: string | null;
  token: number | null;
  role: Role;
  smooth: boolean;
  /** Layer of the hidden states. */
  depth: number | null;
  /** The two principal components shown, counted from 0. */
  axes: readonly [number, number];
  /** Methods of relevancy, side by side; none: the first that was logged. */
  methods: readonly string[];
  /** What the maps explain, and its position where that is a generated token. */
  target: string | null;
  position: number | null;
  /** Tag of the evaluation, and the modality whose tokens its curves remove. */
  evaluation: string | null;
  modality: string | null;
  /** How the change of maps over the steps is measured. */
  drift: string | null;
  /** The perturbed input: whose order, which way round, of which sequence, how much of it is gone. */
  test: string | null;
  order: Order;
  removed: string | null;
  fraction: number | null;
}

export const NOTHING_SELECTED: Selection = {
  view: "heads",
  mode: "a",
  runA: null,
  runB: null,
  stepA: null,
  stepB: null,
  tag: null,
  block: null,
  layer: null,
  head: null,
  statistic: null,
  sequence: null,
  token: null,
  role: "query",
  smooth: false,
  depth: null,
  axes: [0, 1],
  methods: [],
  target: null,
  position: null,
  evaluation: null,
  modality: null,
  drift: null,
  test: null,
  order: "positive",
  removed: null,
  fraction: null,
};

/** The selection as URL parameters; what is not chosen, or as it always is, is left out. */
export function toParameters(selection: Selection): Parameters {
  const entries: [string, string | number | null][] = [
    ["view", selection.view],
    ["mode", selection.mode === "a" ? null : selection.mode],
    ["run", selection.runA],
    ["step", selection.stepA],
    ["run_b", selection.runB],
    ["step_b", selection.stepB],
    ["tag", selection.tag],
    ["block", selection.block],
    ["layer", selection.layer],
    ["head", selection.head],
    ["statistic", selection.statistic],
    ["sequence", selection.sequence],
    ["token", selection.token],
    ["role", selection.role === "query" ? null : selection.role],
    ["smooth", selection.smooth ? 1 : null],
    ["depth", selection.depth],
    ["axes", selection.axes.join() === "0,1" ? null : selection.axes.map((axis) => axis + 1).join("-")],
    // A name may hold a comma.
    ["methods", selection.methods.map(encodeURIComponent).join() || null],
    ["target", selection.target],
    ["position", selection.position],
    ["evaluation", selection.evaluation],
    ["modality", selection.modality],
    ["drift", selection.drift],
    ["test", selection.test],
    ["order", selection.order === "positive" ? null : selection.order],
    ["removed", selection.removed],
    ["fraction", selection.fraction],
  ];
  const parameters: Parameters = {};
  for (const [key, value] of entries) if (value !== null) parameters[key] = String(value);
  return parameters;
}

/** The selection that URL parameters describe; what they lack or garble is not selected. */
export function fromParameters(parameters: Parameters): Selection {
  const number = (key: string) => {
    const value = parameters[key];
    return value !== undefined && /^-?\d+$/.test(value) ? Number(value) : null;
  };
  const oneOf = <T extends string>(key: string, values: readonly T[], otherwise: T) =>
    values.find((value) => value === parameters[key]) ?? otherwise;
  const share = parameters.fraction === undefined ? NaN : Number(parameters.fraction || NaN);
  const axes = /^([1-3])-([1-3])$/.exec(parameters.axes ?? "");
  return {
    view: oneOf("view", VIEWS, NOTHING_SELECTED.view),
    mode: oneOf("mode", MODES, NOTHING_SELECTED.mode),
    runA: parameters.run ?? null,
    runB: parameters.run_b ?? null,
    stepA: number("step"),
    stepB: number("step_b"),
    tag: parameters.tag ?? null,
    block: parameters.block ?? null,
    layer: number("layer"),
    head: parameters.head === "mean" ? "mean" : number("head"),
    statistic: parameters.statistic ?? null,
    sequence: parameters.sequence ?? null,
    token: number("token"),
    role: oneOf("role", ["query", "key"], NOTHING_SELECTED.role),
    smooth: parameters.smooth === "1",
    depth: number("depth"),
    axes: axes && axes[1] !== axes[2] ? [Number(axes[1]) - 1, Number(axes[2]) - 1] : NOTHING_SELECTED.axes,
    methods: (parameters.methods ?? "").split(",").filter(Boolean).map(decoded),
    target: parameters.target ?? null,
    position: number("position"),
    evaluation: parameters.evaluation ?? null,
    modality: parameters.modality ?? null,
    drift: parameters.drift ?? null,
    test: parameters.test ?? null,
    order: oneOf("order", ["positive", "negative"], NOTHING_SELECTED.order),
    removed: parameters.removed ?? null,
    fraction: share >= 0 && share <= 1 ? share : null,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
