/** The relevancy view on a server that answers from memory. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { refresh } from "../src/catalogue";
import { NOTHING_SELECTED, type Selection } from "../src/lib/selection";
import { moveExplained, moveMethod, toggleMethod } from "../src/map_actions";
import { explainedShown, methodsOffered, methodsShown } from "../src/relevancy";
import type { Evaluations, Manifest, RelevancyMap } from "../src/schema";
import { togglePlay } from "../src/play";
import { playing, select, selection } from "../src/state";
import { RelevancyView } from "../src/views/relevancy/RelevancyView";
import { act, show } from "./elements/render";
import { coAttention, perturbationTest, relevancyMap } from "./manifests";
import { encode } from "./wire_message";

const LENGTHS = { text: 5, image: 4 };
const EMPTY: Evaluations = { run: "", version: "", evaluations: [] };

let run = "";
let served = 0;

/** Serve one example in a run of its own; answers of other tests are in the cache. */
async function serve(manifests: Partial<Manifest>[], chosen: Partial<Selection> = {}): Promise<void> {
  run = `run ${(served += 1)}`;
  const steps = manifests.map((_, index) => 100 * index);
  const at = (step: string | null): Manifest => {
    const index = steps.indexOf(Number(step));
    const relevancy = (manifests[index].relevancy ?? []).map((map, number) => ({ ...map, number }));
    return { ...coAttention, run, step: steps[index], ...manifests[index], relevancy };
  };
  const outcomes = { predictions: steps.map(() => null), correct: steps.map(() => null) };
  const example = { tag: "val/0", text: "", target: null, image: null, steps, ...outcomes };
  const routes: Record<string, (query: URLSearchParams) => object | ArrayBuffer> = {
    runs: () => ({ logdir: "", version: run, runs: [{ run, tags: 1, last_step: steps.at(-1) }] }),
    examples: () => ({ run, version: run, steps, examples: [example] }),
    manifest: (query) => at(query.get("step")),
    relevancy: (query) => scores(at(query.get("step")).relevancy),
    evaluation: () => EMPTY,
    drift: () => ({ steps, measures: [] }),
  };
  vi.stubGlobal("fetch", async (url: string) => {
    const { pathname, searchParams } = new URL(url);
    const answer = routes[pathname.split("/").at(-1)!](searchParams);
    return new Response(answer instanceof ArrayBuffer ? answer : JSON.stringify(answer));
  });
  select({ ...NOTHING_SELECTED, view: "relevancy", runA: run, tag: "val/0", stepA: 0, ...chosen });
  await refresh();
  await settled();
}

/** Map m scores token t with 10 m + t. */
function scores(maps: readonly RelevancyMap[]): ArrayBuffer {
  let start = 0;
  const values: number[] = [];
  const described = maps.map(({ number }) => ({
    number,
    sequences: Object.entries(LENGTHS).map(([name, length]) => {
      values.push(...Array.from({ length }, (_, token) => 10 * number + token));
      start += length;
      return { name, start: start - length, length };
    }),
  }));
  return encode({ maps: described }, [{ name: "values", shape: [values.length], data: Float32Array.from(values) }]);
}

const settled = () => act(() => new Promise<void>((resolve) => setTimeout(resolve, 20)));
const names = (methods: readonly { name: string }[]) => methods.map(({ name }) => name);
const texts = (page: Element, selector: string) => [...page.querySelectorAll(selector)].map((one) => one.textContent?.trim());

afterEach(() => vi.unstubAllGlobals());

const RED = relevancyMap("relevancy", "red");
const BLUE = relevancyMap("relevancy", "blue");
const ROLLOUT = relevancyMap("rollout", "red");

describe("methods", () => {
  beforeEach(() => serve([{ relevancy: [RED, ROLLOUT] }, { relevancy: [RED] }]));

  it("begin with the first one logged", () => {
    expect(names(methodsShown.value)).toEqual(["relevancy"]);
  });

  it("are shown beside each other or not, but never none", () => {
    toggleMethod("rollout");
    expect(names(methodsShown.value)).toEqual(["relevancy", "rollout"]);
    toggleMethod("relevancy");
    toggleMethod("rollout");
    expect(selection.value.methods).toEqual(["rollout"]);
  });

  it("are walked through one by one", () => {
    moveMethod(1);
    expect(names(methodsShown.value)).toEqual(["rollout"]);
    moveMethod(1);
    moveMethod(-1);
    expect(names(methodsShown.value)).toEqual(["relevancy"]);
  });

  it("stay chosen at a step that lacks them, which the page says", async () => {
    toggleMethod("rollout");
    const page = show(<RelevancyView />);
    act(() => select({ stepA: 100 }));
    await settled();
    expect(names(methodsOffered.value)).toEqual(["relevancy", "rollout"]);
    expect(texts(page, ".map-missing")).toEqual([`The rollout was not logged at step 100 of ${run}.`]);
  });
});

describe("what is explained", () => {
  it("can be chosen where several targets were logged, and changes the scores", async () => {
    await serve([{ relevancy: [RED, BLUE] }]);
    const page = show(<RelevancyView />);
    const largest = () => page.querySelector(".strongest li b")?.textContent;
    expect(texts(page, "[data-testid=targets] option")).toEqual(["red", "blue"]);
    expect(largest()).toBe("4");
    act(() => select({ target: "blue" }));
    expect(page.querySelector("h2")?.textContent).toBe("Relevancy for “blue”");
    expect(largest()).toBe("14");
  });

  it("follows a link, to the closest there is", async () => {
    await serve([{ relevancy: [RED, BLUE] }], { target: "blue" });
    expect(explainedShown.value?.target).toBe("blue");
    select({ target: "gone" });
    expect(explainedShown.value?.target).toBe("red");
  });

  it("is stepped and played through word by word, from the start again at the end", async () => {
    const answer = ["the", "red", "tile"].map((word, index) => relevancyMap("relevancy", word, 20 + index));
    await serve([{ relevancy: answer }]);
    vi.useFakeTimers();
    expect(moveExplained(1)).toBe(true);
    expect(explainedShown.value).toEqual({ target: "red", position: 21 });
    moveExplained(1);
    expect(moveExplained(1)).toBe(false);
    togglePlay("words");
    expect(explainedShown.value?.target).toBe("the");
    vi.advanceTimersByTime(1000);
    expect(explainedShown.value?.target).toBe("red");
    vi.advanceTimersByTime(3000);
    expect([explainedShown.value?.target, playing.value]).toEqual(["tile", false]);
    vi.useRealTimers();
  });
});

describe("the perturbed input", () => {
  const tested = perturbationTest({
    fractions: [0, 0.5, 1],
    values: [1, 0.25, 0],
    removed: [0, 2, 4],
    answers: ["red", "red", "blue"],
  });

  it("says what the model answered and what the metric was at every fraction", async () => {
    await serve([{ relevancy: [RED], perturbation: [tested] }]);
    const page = show(<RelevancyView />);
    const outcome = () => texts(page, "[data-testid=outcome] b");
    expect(outcome()).toEqual(["red", "1"]);
    expect(page.querySelectorAll(".perturbed-side .removed")).toHaveLength(0);
    act(() => select({ fraction: 0.5 }));
    expect(outcome()).toEqual(["red", "0.25"]);
    expect(page.querySelectorAll(".perturbed-side .removed")).toHaveLength(2);
    act(() => select({ fraction: 1 }));
    expect(outcome()).toEqual(["blue", "0"]);
    expect(page.querySelector("[data-testid=outcome] .warning")?.textContent).toBe("blue");
  });

  it("strikes the words that are gone", async () => {
    const words = perturbationTest({ sequence: "text", removal: [2, 1, 3], removed: [0, 2] });
    await serve([{ relevancy: [RED], perturbation: [words] }], { fraction: 1 });
    expect(texts(show(<RelevancyView />), ".perturbed-side del")).toEqual(["which", "tile"]);
  });
});

describe("where nothing was logged", () => {
  it("the page says how to log maps", async () => {
    await serve([{}]);
    const page = show(<RelevancyView />);
    expect(page.querySelector("[data-testid=unlogged]")?.textContent).toContain("relevancy=maps");
    expect(texts(page, ".panel h2")).toEqual(["Relevancy"]);
  });

  it("each panel says what it needs", async () => {
    await serve([{ relevancy: [RED] }]);
    const notices = texts(show(<RelevancyView />), ".notice").join(" ");
    for (const wanted of ["perturbation=", "two or more steps", "add_vl_evaluation"]) expect(notices).toContain(wanted);
  });
});
