import { describe, expect, it } from "vitest";
import { formatHash, isActive, parseHash } from "../../src/lib/address";
import { fromParameters, NOTHING_SELECTED, toParameters, type Selection } from "../../src/lib/selection";

const PLUGIN = "vl_tb_plugin";

const EVERYTHING: Selection = {
  view: "embeddings",
  mode: "difference",
  runA: "lxmert/seed 0 & more=less",
  runB: "100% sure/ü+1",
  stepA: 0,
  stepB: 900,
  tag: "val/0007",
  block: "text_to_image",
  layer: 0,
  head: 3,
  statistic: "own measure, in %",
  panel: "list",
  cohort: "field:kind=a & b",
  normalisation: "compat",
  cells: "emergence",
  picked: ["text_to_image:3.11", "self, joint:0.2"],
  filter: '"Text → image, mass" > .3 and not entropy <= 2',
  sort: "-change",
  second: "hoyer",
  oneBlock: true,
  across: "mass_text_to_image",
  up: "entropy",
  tint: "block",
  arranged: "layers",
  comparedHead: "3.1",
  matched: true,
  averaged: true,
  sequence: "text",
  tokens: [0, 3, 4, 5, 9],
  role: "key",
  smooth: true,
  headSet: [0, 11],
  layerSet: [2, 3],
  reduce: "max",
  layout: "gallery",
  over: "layers",
  galleryOrder: "target",
  window: { x0: 0, y0: 12.5, x1: 4096, y1: 130.25 },
  scaling: "rank",
  maskSinks: true,
  beside: "samples",
  card: true,
  embeddingPanel: "curves",
  metric: "l2",
  nearestCount: "20",
  neighbourColumns: "steps",
  everyWord: true,
  neighbourhoods: "hubs",
  kindPair: "text-image",
  churnAgainst: "last",
  changedOf: "example",
  changedSort: "-farther",
  lensColour: "rank",
  lensRows: "patches",
  depth: 12,
  axes: [1, 2],
  stream: "joint",
  curvesOver: "steps",
  ckaTokens: "image",
  comparedDepth: 0,
  projection: "umap",
  inSpace: true,
  basis: "stream",
  pooled: true,
  alignment: "previous",
  seed: 7,
  perplexity: 12.5,
  manifoldNeighbours: 30,
  minDistance: 0.25,
  directions: ["mean:modality=image~modality=text", "token:val/7|text|3"],
  colourBy: "field:kind, of what",
  legendOff: ["text", "a & b, c"],
  tokenSearch: "^dig.t",
  lassoed: ["0-4,9|text|val/0007"],
  isolated: ["0-4|image|val/0007"],
  concealed: ["2|text|val/1, 2"],
  trails: "layers",
  trailsOfExample: true,
  thumbnails: true,
  neighbourLines: true,
  camera: "1.5,2,3",
  bookmarks: ["near digits?step=3&find=a%20b"],
  methods: ["relevancy", "mine, 100%"],
  target: "",
  position: 7,
  evaluation: "val/hard",
  modality: "text",
  drift: "top_overlap",
  test: "random",
  order: "negative",
  removed: "joint",
  fraction: 0.85,
  exampleFilter: "field:kind=a digit & more",
  exampleSearch: "red tile",
  examplesSort: "-field:loss",
};

describe("a link", () => {
  it("opens exactly the same selection", () => {
    const hash = formatHash(PLUGIN, toParameters(EVERYTHING));
    expect(fromParameters(parseHash(hash, PLUGIN))).toEqual(EVERYTHING);
  });

  it("keeps the mean over heads apart from head 0", () => {
    for (const head of ["mean", 0] as const) {
      const hash = formatHash(PLUGIN, toParameters({ ...EVERYTHING, head }));
      expect(fromParameters(parseHash(hash, PLUGIN)).head).toBe(head);
    }
  });

  it("without parameters selects nothing", () => {
    expect(fromParameters(parseHash(`#${PLUGIN}`, PLUGIN))).toEqual(NOTHING_SELECTED);
  });

  it("with garbled values selects nothing in their place", () => {
    const garbled = { view: "poster", mode: "c", step: "1e3x", layer: "", head: "two", axes: "1-1", role: "?", order: "up", fraction: "1.5", methods: ",", token: "3-x", scale: "cubic", window: "9-9-3-3", layout: "pile" };
    expect(fromParameters(garbled)).toEqual(NOTHING_SELECTED);
  });

  it("does without what it has no room for", () => {
    const many = Array.from({ length: 400 }, (_, index) => `0-9|text|val/${index}`);
    expect(toParameters({ ...NOTHING_SELECTED, lassoed: many, tokenSearch: "red" })).toEqual({ find: "red" });
  });

  it("is readable: slashes and spaces are not percent signs", () => {
    expect(formatHash(PLUGIN, { run: "lxmert/seed 0" })).toBe(`#${PLUGIN}&p.${PLUGIN}.run=lxmert/seed+0`);
  });
});

describe("the URL's hash", () => {
  it("keeps what other plugins wrote", () => {
    const previous = `#${PLUGIN}&p.other.key=1&p.${PLUGIN}.step=3&runFilter=a%7Cb`;
    expect(formatHash(PLUGIN, { step: "4" }, previous)).toBe(
      `#${PLUGIN}&p.other.key=1&runFilter=a%7Cb&p.${PLUGIN}.step=4`,
    );
  });

  it("of another plugin's tab holds nothing for us", () => {
    expect(parseHash(`#scalars&p.${PLUGIN}.step=3`, PLUGIN)).toEqual({});
    expect(isActive("#scalars", PLUGIN)).toBe(false);
    expect(isActive("", PLUGIN)).toBe(true);
    expect(isActive(`#${PLUGIN}&x=1`, PLUGIN)).toBe(true);
  });
});
