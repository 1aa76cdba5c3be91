/** What the user looks at: the one thing that drives every view. */

import type { Order } from "../schema";
import type { Parameters } from "./address";
import { choice, flag, list, optional, wholeNumber, share, text, type Field } from "./selection_fields";

export const VIEWS = ["heads", "attention", "embeddings", "relevancy"] as const;
export const MODES = ["a", "b", "ab", "difference"] as const;

export type View = (typeof VIEWS)[number];
export type Mode = (typeof MODES)[number];
export type Side = "a" | "b";
export type Head = number | "mean";
/** Does the chosen token look (query), or is it looked at (key)? */
export type Role = "query" | "key";
/** Two of the three principal components, counted from 0. */
export type Axes = readonly [number, number];

/** Each part of the selection, the parameter that it is in a link, and how it is written there. */
const FIELDS = {
  view: choice("view", VIEWS),
  mode: choice("mode", MODES),
  runA: optional("run", text),
  stepA: optional("step", wholeNumber),
  runB: optional("run_b", text),
  stepB: optional("step_b", wholeNumber),
  tag: optional("tag", text),
  block: optional("block", text),
  layer: optional("layer", wholeNumber),
  head: optional<Head>("head", (value) => (value === "mean" ? value : wholeNumber(value))),
  statistic: optional("statistic", text),
  sequence: optional("sequence", text),
  token: optional("token", wholeNumber),
  role: choice<Role>("role", ["query", "key"]),
  smooth: flag("smooth"),
  /** The card of the chosen token is open. */
  card: flag("card"),
  /** Layer of the hidden states. */
  depth: optional("depth", wholeNumber),
  axes: axes("axes"),
  /** Methods of relevancy, side by side; none: the first that was logged. */
  methods: list("methods"),
  /** What the maps explain, and its position where that is a generated token. */
  target: optional("target", text),
  position: optional("position", wholeNumber),
  /** Tag of the evaluation, and the modality whose tokens its curves remove. */
  evaluation: optional("evaluation", text),
  modality: optional("modality", text),
  /** How the change of maps over the steps is measured. */
  drift: optional("drift", text),
  /** The perturbed input: whose order, which way round, of which sequence, how much of it is gone. */
  test: optional("test", text),
  order: choice<Order>("order", ["positive", "negative"]),
  removed: optional("removed", text),
  fraction: optional("fraction", share),
};

type Fields = typeof FIELDS;

export type Selection = { [Name in keyof Fields]: Fields[Name] extends Field<infer Value> ? Value : never };

const ENTRIES = Object.entries(FIELDS) as [keyof Selection, Field<unknown>][];

export const NOTHING_SELECTED = Object.fromEntries(
  ENTRIES.map(([name, field]) => [name, field.otherwise]),
) as unknown as Selection;

/** The selection as URL parameters; what is not chosen, or as it always is, is left out. */
export function toParameters(selection: Selection): Parameters {
  const parameters: Parameters = {};
  for (const [name, field] of ENTRIES) {
    const value = field.write(selection[name]);
    if (value !== null) parameters[field.parameter] = value;
  }
  return parameters;
}

/** The selection that URL parameters describe; what they lack or garble is not selected. */
export function fromParameters(parameters: Parameters): Selection {
  return Object.fromEntries(
    ENTRIES.map(([name, field]) => {
      const value = parameters[field.parameter];
      return [name, value === undefined ? field.otherwise : (field.read(value) ?? field.otherwise)];
    }),
  ) as unknown as Selection;
}

/** Written as the components are called: from 1 on. */
function axes(parameter: string): Field<Axes> {
  const otherwise: Axes = [0, 1];
  return {
    parameter,
    otherwise,
    write: (value) => (value.join() === otherwise.join() ? null : value.map((axis) => axis + 1).join("-")),
    read: (value) => {
      const [, x, y] = /^([1-3])-([1-3])$/.exec(value) ?? [];
      return x === y ? null : [Number(x) - 1, Number(y) - 1];
    },
  };
}
