import { describe, expect, it } from "vitest";
import { filterRows, joined, nextSort, sorted } from "../../src/lib/example_rows";
import { example } from "./example_summaries";

const learnt = example("val/1", { correct: [false, true], fields: { loss: [2, 0.5], kind: ["digit", "digit"] } });
const never = example("val/2", {
  text: "which digit is blue ?",
  correct: [false, false],
  fields: { loss: [1, 10], kind: ["digit", "digit"] },
});
const unknown = example("val/10", {
  text: "what colour ?",
  correct: [null, null],
  fields: { loss: [null, 3], kind: ["colour", "colour"] },
});
const all = [learnt, never, unknown];

/** A and B are two steps of the same run. */
function tags(filter: string, search = "", [a, b] = [100, 0]): string[] {
  return filterRows(joined(all, all, [a, b]), filter, search, a).map(({ example: { tag } }) => tag);
}

describe("the list of examples", () => {
  it("is split by what is known at A", () => {
    expect(tags("all")).toEqual(["val/1", "val/2", "val/10"]);
    expect(tags("correct")).toEqual(["val/1"]);
    expect(tags("wrong")).toEqual(["val/2"]);
    expect(tags("wrong", "", [0, 100])).toEqual(["val/1", "val/2"]);
  });

  it("shows those that A and B disagree on", () => {
    expect(tags("flipped")).toEqual(["val/1"]);
    expect(tags("flipped", "", [100, 100])).toEqual([]);
  });

  it("is split by a field's value, numbers at their median at A", () => {
    expect(tags("field:kind=digit")).toEqual(["val/1", "val/2"]);
    expect(tags("field:loss=high")).toEqual(["val/2"]);
    expect(tags("field:loss=low")).toEqual(["val/1", "val/10"]);
    // at step 0 one has no loss: it is in neither half
    expect(tags("field:loss=low", "", [0, 0])).toEqual(["val/2"]);
    expect(tags("field:loss=high", "", [0, 0])).toEqual(["val/1"]);
  });

  it("is searched for every word, anywhere in question, tag and answers", () => {
    expect(tags("all", "BLUE digit")).toEqual(["val/2"]);
    expect(tags("all", "val/10")).toEqual(["val/10"]);
    expect(tags("all", "digit green")).toEqual([]);
  });
});

describe("a table of two runs", () => {
  it("joins their examples by tag", () => {
    const other = example("val/2", { correct: [true] });
    const rows = joined(all, [other], [100, null]);
    expect(rows.map((row) => row.other?.tag ?? null)).toEqual([null, "val/2", null]);
    expect(rows[1].a.correct).toBe(false);
    expect(rows[1].b).toEqual({ prediction: "7", correct: true });
    expect(rows[0].b).toEqual({ prediction: null, correct: null });
  });
});

describe("the order of the rows", () => {
  const order = (sort: string | null) =>
    sorted(joined(all, [], [100, null]), sort, 100).map(({ example: { tag } }) => tag);

  it("is as logged until a column is chosen", () => {
    expect(order(null)).toEqual(["val/1", "val/2", "val/10"]);
  });

  it("takes numbers as numbers, in texts too", () => {
    expect(order("field:loss")).toEqual(["val/1", "val/10", "val/2"]);
    expect(order("-tag")).toEqual(["val/10", "val/2", "val/1"]);
  });

  it("puts what is unknown last, upwards and downwards", () => {
    expect(order("correct")).toEqual(["val/2", "val/1", "val/10"]);
    expect(order("-correct")).toEqual(["val/1", "val/2", "val/10"]);
  });

  it("can be how often the answer changed", () => {
    expect(order("-changes")[0]).toBe("val/1");
  });

  it("goes upwards, downwards, back with each click on a title", () => {
    expect(nextSort("text", "tag")).toBe("tag");
    expect(nextSort("tag", "tag")).toBe("-tag");
    expect(nextSort("-tag", "tag")).toBeNull();
  });
});
