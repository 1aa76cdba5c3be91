import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { attentionFrame, galleryFrame } from "../src/frames";
import { NOTHING_SELECTED } from "../src/lib/selection";
import { load } from "../src/loading";
import { singleStream } from "./manifests";
import { encode } from "./wire_message";

const LENGTH = 9;
const HEADS = [0, 1, 2, 3];
const ERRORS = Float32Array.from([0.5, 0.25, 0.125, 0.0625]);
const never = new AbortController().signal;

let place = { run: "", tag: "val/0", step: 10 };
let served = 0;
let requests: string[] = [];

/** Head h looks at token t with 10 h + t. */
const row = (head: number) => Float32Array.from({ length: LENGTH }, (_, token) => 10 * head + token);
const floats = (name: string, shape: number[], data: Float32Array) => ({ name, shape, data });

beforeEach(() => {
  // answers of other tests are in the cache
  place = { ...place, run: `run ${(served += 1)}` };
  requests = [];
  vi.stubGlobal("fetch", async (url: string) => {
    const { pathname, searchParams } = new URL(url);
    const route = pathname.split("/").at(-1)!;
    requests.push(route);
    if (route === "manifest") return new Response(JSON.stringify({ ...singleStream, run: place.run }));
    if (route === "attention") {
      const head = Number(searchParams.get("head"));
      const header = { quantisation_error: ERRORS[head], ...(searchParams.has("sinks") ? { sinks: [4] } : {}) };
      return new Response(encode(header, [floats("weights", [LENGTH], row(head))]));
    }
    const weights = Float32Array.from(HEADS.flatMap((head) => [...row(head)]));
    const masses = ["image_mass", "target_mass"].map((name) => floats(name, [4], new Float32Array(4)));
    return new Response(
      encode({ items: HEADS }, [floats("weights", [4, LENGTH], weights), floats("quantisation_error", [4], ERRORS), ...masses]),
    );
  });
});

afterEach(() => vi.unstubAllGlobals());

const choice = { ...NOTHING_SELECTED, block: "self", layer: 1, head: 2, sequence: "joint", tokens: [5] };

describe("the attention of a head", () => {
  it("is the same out of a gallery as by itself, and takes no request then", async () => {
    const own = await load(attentionFrame(place, choice), never);
    expect(requests).toEqual(["manifest", "attention"]);
    place = { ...place, run: `run ${(served += 1)}` };
    requests = [];
    const [shared, gallery] = await Promise.all([
      load(attentionFrame(place, choice, "heads"), never),
      load(galleryFrame(place, choice, "heads"), never),
    ]);
    expect(requests).toEqual(["manifest", "attention_gallery"]);
    expect(shared.plan?.parts).toEqual(own.plan?.parts);
    expect(shared.plan?.parts[0]).toMatchObject({ weights: row(2), quantisationError: ERRORS[2] });
    expect(shared.plan?.parts[0].weights).toEqual(gallery!.frames[2].plan?.parts[0].weights);
    await load(attentionFrame(place, { ...choice, head: 3 }, "heads"), never);
    expect(requests).toHaveLength(2);
  });

  it.each([
    ["several heads", { headSet: [1, 2] }],
    ["the mean of all heads", { head: "mean" as const }],
    ["sinks to be left out", { maskSinks: true }],
  ])("is asked for where a gallery does not tell: %s", async (_, change) => {
    await load(attentionFrame(place, { ...choice, ...change }, "heads"), never);
    expect(requests).toEqual(["manifest", "attention"]);
  });
});
