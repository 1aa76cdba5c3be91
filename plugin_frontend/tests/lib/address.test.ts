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
  sequence: "text",
  token: 0,
  role: "key",
  smooth: true,
  card: true,
  depth: 12,
  axes: [1, 2],
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
    const garbled = { view: "poster", mode: "c", step: "1e3x", layer: "", head: "two", axes: "1-1", role: "?", order: "up", fraction: "1.5", methods: "," };
    expect(fromParameters(garbled)).toEqual(NOTHING_SELECTED);
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
