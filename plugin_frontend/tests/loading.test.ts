import { describe, expect, it, vi } from "vitest";
import { CACHE_BYTES, load, peek, type Query } from "../src/loading";

/** A query that is answered by hand. */
function pending(key: string) {
  let answer!: (value: string) => void;
  let fail!: (reason: Error) => void;
  const signals: AbortSignal[] = [];
  const run = vi.fn((signal: AbortSignal) => {
    signals.push(signal);
    return new Promise<string>((resolve, reject) => {
      answer = resolve;
      fail = reject;
    });
  });
  const query: Query<string> = { key, run };
  return { query, run, signals, answer: (value: string) => answer(value), fail: (reason: Error) => fail(reason) };
}

const never = new AbortController().signal;

describe("loading", () => {
  it("asks once for what several wait for, and never again", async () => {
    const { query, run, answer } = pending("shared");
    const both = [load(query, never), load(query, never)];
    answer("value");
    expect(await Promise.all(both)).toEqual(["value", "value"]);
    expect(await load(query, never)).toBe("value");
    expect(run).toHaveBeenCalledTimes(1);
    expect(peek(query)).toBe("value");
  });

  it("aborts a request only when nobody waits for it any more", async () => {
    const { query, signals } = pending("abandoned");
    const [first, second] = [new AbortController(), new AbortController()];
    const outcomes = Promise.allSettled([load(query, first.signal), load(query, second.signal)]);
    first.abort();
    expect(signals[0].aborted).toBe(false);
    second.abort();
    expect(signals[0].aborted).toBe(true);
    expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });

  it("asks again after a failure", async () => {
    const { query, run, answer, fail } = pending("failing");
    const failed = load(query, never);
    fail(new Error("no such step"));
    await expect(failed).rejects.toThrow("no such step");
    const again = load(query, never);
    answer("value");
    expect(await again).toBe("value");
    expect(run).toHaveBeenCalledTimes(2);
  });

  it("forgets the answers longest unused, so that all of them together stay within the bound", async () => {
    const answered = (key: string, bytes: number): Query<Uint8Array> => ({
      key,
      run: async () => new Uint8Array(bytes),
    });
    const kept = answered("kept", 1000);
    const first = answered("first", 1000);
    await load(kept, never);
    await load(first, never);
    for (let part = 0; part < 3; part++) {
      await load(answered(`part ${part}`, 0.4 * CACHE_BYTES), never);
      await load(kept, never);
    }
    expect(peek(first)).toBeUndefined();
    expect(peek(answered("part 0", 0))).toBeUndefined();
    expect(peek(answered("part 2", 0))).toHaveLength(Math.floor(0.4 * CACHE_BYTES));
    expect(peek(kept)).toHaveLength(1000);
  });
});
