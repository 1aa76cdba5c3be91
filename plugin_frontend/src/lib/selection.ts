/** What the user looks at: the one thing that drives every view. */

import type { Order } from "../schema";
import type { Parameters } from "./address";
import { choice, filled, flag, list, numberSet, optional, positive, share, shortList, text, wholeNumber, type Field } from "./selection_fields";
import type { MatrixWindow } from "./tiles";

export const VIEWS = ["heads", "attention", "embeddings", "relevancy", "examples"] as const;
export const MODES = ["a", "b", "ab", "difference"] as const;
/** What the Heads view shows of the heads. */
export const HEAD_PANELS = ["matrix", "list", "scatter", "similarity", "budget"] as const;
/** What a cell of the layer x head matrix holds. */
export const CELLS = ["value", "steps", "emergence"] as const;
export const NORMALISATIONS = ["none", "z", "compat"] as const;
/** How the weights of several heads and layers become one. */
export const REDUCTIONS = ["mean", "max"] as const;
/** How the Attention view shows the chosen tokens' attention. */
export const LAYOUTS = ["picture", "gallery", "matrix"] as const;
export const GALLERIES = ["heads", "layers"] as const;
export const GALLERY_ORDERS = ["number", "statistic", "image", "target"] as const;
/** How weights become colours. */
export const SCALINGS = ["linear", "clipped", "log", "rank"] as const;
/** What the Embeddings view shows of the hidden states. */
export const EMBEDDING_PANELS = ["points", "neighbours", "curves", "lens"] as const;
/** How far tokens are from each other, and how many nearest ones are looked at. */
export const METRICS = ["cosine", "l2"] as const;
export const NEAREST_COUNTS = ["10", "5", "20", "50"] as const;
/** What the columns of nearest tokens go through, and what stands beside them. */
export const NEIGHBOUR_COLUMNS = ["layers", "steps"] as const;
export const NEIGHBOURHOOD_PANELS = ["churn", "hubs"] as const;
/** Which step every step's neighbours are compared with. */
export const CHURN_AGAINST = ["previous", "first", "last"] as const;
/** Whose tokens are listed by how much their neighbours changed. */
export const CHANGED_OF = ["all", "example"] as const;
/** How hidden states of many features become points in a plane or in space. */
export const PROJECTIONS = ["pca", "tsne", "umap", "axes"] as const;
/** What a projection is fitted on: the chosen layer, or all layers of the stream. */
export const BASES = ["layer", "stream"] as const;
export const ALIGNMENTS = ["joint", "previous", "procrustes"] as const;
/** Where the lines of the chosen tokens lead. */
export const TRAILS = ["none", "steps", "layers"] as const;
/** What the colours of the logit lens say: of the best output, of the final answer, or the layer from which on it stays. */
export const LENS_COLOURS = ["probability", "answer", "rank", "depth"] as const;
export const LENS_ROWS = ["words", "patches", "all"] as const;
export const BESIDES = ["sides", "heads", "samples"] as const;

/** What the colour of a head says in the scatter of heads. */
export const TINTS = ["layer", "block"] as const;
export const ARRANGEMENTS = ["clusters", "layers"] as const;
/** Along which axis the curves of the hidden states run. */
export const CURVES_OVER = ["layers", "steps"] as const;
/** Which tokens the similarity of layers is computed of. */
export const CKA_TOKENS = ["all", "text", "image"] as const;

export type View = (typeof VIEWS)[number];
export type Mode = (typeof MODES)[number];
export type HeadPanel = (typeof HEAD_PANELS)[number];
export type CurvesOver = (typeof CURVES_OVER)[number];
export type CkaTokens = (typeof CKA_TOKENS)[number];
export type EmbeddingPanel = (typeof EMBEDDING_PANELS)[number];
export type ProjectionMethod = (typeof PROJECTIONS)[number];
export type Basis = (typeof BASES)[number];
export type Alignment = (typeof ALIGNMENTS)[number];
export type TrailsOver = (typeof TRAILS)[number];
export type LensColour = (typeof LENS_COLOURS)[number];
export type LensRows = (typeof LENS_ROWS)[number];
export type Cells = (typeof CELLS)[number];
export type Normalisation = (typeof NORMALISATIONS)[number];
export type Reduction = (typeof REDUCTIONS)[number];
export type Layout = (typeof LAYOUTS)[number];
export type GalleryOver = (typeof GALLERIES)[number];
export type GalleryOrder = (typeof GALLERY_ORDERS)[number];
export type Scaling = (typeof SCALINGS)[number];
export type Metric = (typeof METRICS)[number];
export type NearestCount = (typeof NEAREST_COUNTS)[number];
export type NeighbourColumns = (typeof NEIGHBOUR_COLUMNS)[number];
export type NeighbourhoodPanel = (typeof NEIGHBOURHOOD_PANELS)[number];
export type ChurnAgainst = (typeof CHURN_AGAINST)[number];
export type ChangedOf = (typeof CHANGED_OF)[number];
export type Beside = (typeof BESIDES)[number];
export type Side = "a" | "b";
export type Head = number | "mean";
/** Do the chosen tokens look (query), or are they looked at (key)? */
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
  panel: choice("panel", HEAD_PANELS),
  /** Over whose samples head statistics are averaged; none: those of the chosen example. */
  cohort: optional("cohort", text),
  normalisation: choice("normalisation", NORMALISATIONS),
  cells: choice("cells", CELLS),
  /** Heads that the user keeps an eye on, each as "block:layer.head". */
  picked: list("picked"),
  /** The list of heads: a condition, the column it is sorted by (with a minus: largest first), a second statistic. */
  filter: optional("filter", text),
  sort: optional("sort", text),
  second: optional("second", text),
  oneBlock: flag("one_block"),
  /** The scatter of heads: the statistics along its axes, and what the colours say. */
  across: optional("across", text),
  up: optional("up", text),
  tint: choice("tint", TINTS),
  /** Similarity of heads: their order, and the head ("layer.head") to be compared with the chosen one. */
  arranged: choice("arranged", ARRANGEMENTS),
  comparedHead: optional("compared_head", text),
  /** Show of B the head that matches the chosen one of A, rather than the one of the same number. */
  matched: flag("matched"),
  /** The budget over the steps: the mean of the layers, rather than the chosen one. */
  averaged: flag("averaged"),
  sequence: optional("sequence", text),
  tokens: numberSet("token"),
  role: choice<Role>("role", ["query", "key"]),
  smooth: flag("smooth"),
  /** Heads and layers whose weights are combined; none: the one head and layer above. */
  headSet: numberSet("heads"),
  layerSet: numberSet("layers"),
  reduce: choice("reduce", REDUCTIONS),
  layout: choice("layout", LAYOUTS),
  /** What a gallery goes through, and in which order. */
  over: choice("over", GALLERIES),
  galleryOrder: choice("gallery_order", GALLERY_ORDERS),
  /** The part of the token matrix that is shown; null for all of it. */
  window: matrixWindow("window"),
  scaling: choice("scale", SCALINGS),
  maskSinks: flag("mask_sinks"),
  /** What stands side by side. */
  beside: choice("beside", BESIDES),
  /** The card of the chosen token is open. */
  card: flag("card"),
  embeddingPanel: choice("embedding_panel", EMBEDDING_PANELS),
  metric: choice("metric", METRICS),
  nearestCount: choice("count", NEAREST_COUNTS),
  neighbourColumns: choice("columns", NEIGHBOUR_COLUMNS),
  /** Find the same word as often as it is near, rather than once. */
  everyWord: flag("every_word"),
  neighbourhoods: choice("neighbourhoods", NEIGHBOURHOOD_PANELS),
  /** Whose neighbours among whom, as in "text-image"; none: of all among all. */
  kindPair: optional("pair", text),
  churnAgainst: choice("against", CHURN_AGAINST),
  changedOf: choice("changed", CHANGED_OF),
  changedSort: optional("changed_sort", text),
  /** Layer of the hidden states. */
  depth: optional("depth", wholeNumber),
  axes: axes("axes"),
  /** Curves and similarity of layers: first sequence of the stream, the axis, whose tokens, the layer compared with. */
  stream: optional("stream", text),
  curvesOver: choice("curves_over", CURVES_OVER),
  ckaTokens: choice("cka_tokens", CKA_TOKENS),
  comparedDepth: optional("compared_layer", wholeNumber),
  /** The projection of the hidden states, and what it is made with; null where that is as usual. */
  projection: choice("projection", PROJECTIONS),
  inSpace: flag("3d"),
  basis: choice("basis", BASES),
  pooled: flag("pooled"),
  alignment: choice("align", ALIGNMENTS),
  seed: optional("seed", wholeNumber),
  perplexity: optional("perplexity", positive),
  manifoldNeighbours: optional("umap_neighbours", wholeNumber),
  minDistance: optional("min_distance", share),
  /** Custom axes: directions as the server's route `projection` has them. */
  directions: list("directions"),
  /** The points: what their colours say, which groups of the legend are off, the words that are searched for. */
  colourBy: filled("colour", "modality"),
  legendOff: list("off"),
  tokenSearch: filled("find", ""),
  /** Points by their tokens, see lib/point_sets.ts: taken with the lasso, shown alone, hidden. */
  lassoed: shortList("lasso"),
  isolated: shortList("isolated"),
  concealed: shortList("hidden"),
  trails: choice("trails", TRAILS),
  /** Trails of all tokens of the example, rather than of the chosen ones. */
  trailsOfExample: flag("trails_of_example"),
  thumbnails: flag("thumbnails"),
  neighbourLines: flag("neighbour_lines"),
  camera: filled("camera", ""),
  /** Named states of the points, see lib/bookmarks.ts. */
  bookmarks: shortList("bookmarks"),
  /** The logit lens: what its colours say, and whose readings its table lists. */
  lensColour: choice("lens_colour", LENS_COLOURS),
  lensRows: choice("lens_rows", LENS_ROWS),
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
  /** Which examples are listed, the words they hold, and by which column, "-" for downwards. */
  exampleFilter: filled("show", "all"),
  exampleSearch: filled("search", ""),
  examplesSort: optional("examples_sort", text),
};

type Fields = typeof FIELDS;

export type Selection = { [Name in keyof Fields]: Fields[Name] extends Field<infer Value> ? Value : never };

const ATTENTION_CHOICE = [
  "block", "layer", "head", "headSet", "layerSet", "reduce", "sequence", "tokens", "role", "maskSinks",
] as const;

/** What attention to show: of which tokens, by which heads and layers. */
export type AttentionChoice = Pick<Selection, (typeof ATTENTION_CHOICE)[number]>;

/** That part of a selection as it stands now. */
export function attentionChoice(selection: AttentionChoice): AttentionChoice {
  return Object.fromEntries(ATTENTION_CHOICE.map((name) => [name, selection[name]])) as unknown as AttentionChoice;
}

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

/** Written as the tokens at its edges: the first and last key and query, `x0-y0-x1-y1`. */
function matrixWindow(parameter: string): Field<MatrixWindow | null> {
  return {
    parameter,
    otherwise: null,
    write: (value) => value && [value.x0, value.y0, value.x1, value.y1].map((edge) => +edge.toFixed(3)).join("-"),
    read: (value) => {
      const [, ...edges] = /^([\d.]+)-([\d.]+)-([\d.]+)-([\d.]+)$/.exec(value) ?? [];
      const [x0, y0, x1, y1] = edges.map(Number);
      return x1 > x0 && y1 > y0 ? { x0, y0, x1, y1 } : null;
    },
  };
}
