import { describe, expect, it } from "vitest";
import { attentionAnswer, matrixKey, matrixMessage, requestKey } from "../../src/lib/snapshot";
import { decode, floats } from "../../src/lib/wire";
import { pack, unpack } from "../../src/lib/packing";
import { encode } from "../../src/lib/wire_encoding";
import { encode as independent } from "../wire_message";

const URL_OF = "http://localhost:6006/data/plugin/vl_tb_plugin/attention?run=r&tag=t&step=1&block=self&layer=0&head=1";
const rows = [new Float32Array([0.1, 0.9]), new Float32Array([0.25, 0.75])];

describe("a request", () => {
  it("is the same wherever the server is and in whatever order its parameters are", () => {
    expect(requestKey("http://here/x/manifest?run=a&step=1")).toBe(requestKey("https://there/y/z/manifest?step=1&run=a"));
    expect(requestKey("http://here/manifest?run=a")).not.toBe(requestKey("http://here/manifest?run=b"));
  });

  it("for a row or a column is one for the same matrix", () => {
    expect(matrixKey(`${URL_OF}&query=3`)).toBe(matrixKey(`${URL_OF}&key=0`));
    expect(matrixKey(`${URL_OF}&query=3-5,9&sinks=1`)).toBe(matrixKey(`${URL_OF}&key=0,2`));
    expect(matrixKey(`${URL_OF}&query=3`)).not.toBe(matrixKey(`${URL_OF.replace("head=1", "head=mean")}&query=3`));
  });
});

describe("a matrix in a file", () => {
  // Rows 0 and 2 of three queries were logged.
  const matrix = decode(matrixMessage([0, 2], rows, [0.01, 0.02], 3, [1]));
  const ask = (parameters: string) => {
    const answer = attentionAnswer(matrix, `${URL_OF}&${parameters}`);
    return answer && decode(answer);
  };

  it("answers for a query with its row", () => {
    expect([...floats(ask("query=2")!, "weights")]).toEqual([...rows[1]]);
    expect(ask("query=2")!.header.quantisation_error).toBeCloseTo(0.02);
  });

  it("answers for a key with its column, and with nothing where a row was not logged", () => {
    const { header, ...message } = ask("key=1")!;
    expect([...floats({ header, ...message }, "weights")]).toEqual([rows[0][1], NaN, rows[1][1]]);
    expect(header.quantisation_error).toBeCloseTo(0.02);
  });

  it("says which keys are sinks where that is asked of queries, as the server does", () => {
    expect(ask("query=0&sinks=1")!.header.sinks).toEqual([1]);
    expect(ask("query=0")!.header).not.toHaveProperty("sinks");
  });

  it("has no answer for what it lacks", () => {
    for (const parameters of ["query=1", "query=0,3", "key=2", "key=0,2", "query=", "key=x"]) {
      expect(ask(parameters), parameters).toBeNull();
    }
  });
});

describe("several tokens of a matrix in a file", () => {
  // Rows 0, 2 and 3 of five queries were logged, keys 0, 2, 3 of four. All numbers are exact in binary.
  const logged = [
    [0.5, NaN, 0.25, 0.25],
    [0.125, NaN, 0.625, 0.25],
    [0, NaN, 0.125, 0.875],
  ].map((row) => Float32Array.from(row));
  const matrix = decode(matrixMessage([0, 2, 3], logged, [0.25, 0.5, 0.125], 5, []));
  const ask = (parameters: string) => {
    const answer = attentionAnswer(matrix, `${URL_OF}&${parameters}`);
    if (!answer) return null;
    const message = decode(answer);
    return { ...message.header, weights: [...floats(message, "weights")] };
  };

  it("are averaged over the queries, NaN on keys that were not kept", () => {
    expect(ask("query=0,2")).toMatchObject({ query: [0, 2], weights: [0.3125, NaN, 0.4375, 0.25] });
  });

  it("are averaged over the keys, NaN in rows that were not logged", () => {
    expect(ask("key=2-3")).toMatchObject({ key: [2, 3], weights: [0.25, NaN, 0.4375, 0.5, NaN] });
  });

  it("are averaged without those that were not logged", () => {
    expect(ask("query=1-2,4")).toEqual(ask("query=2"));
    expect(ask("key=0-1")).toEqual(ask("key=0"));
    expect(ask("query=1,4")).toBeNull();
    expect(ask("key=1")).toBeNull();
  });

  it("are each counted once, in whatever order and however they are written", () => {
    expect(ask("query=3,0,2,2")).toEqual(ask("query=0,2-3"));
  });

  it("are within the mean of the queries' errors, or within the largest of a column", () => {
    expect(ask("query=0,2")).toMatchObject({ quantisation_error: 0.375 });
    expect(ask("key=0,2")).toMatchObject({ quantisation_error: 0.5 });
  });
});

it("a message is written as the server writes it", () => {
  const data = new Float32Array([1, 2, 3]);
  const ours = encode({ a: "ü" }, { weights: { shape: [3], data }, more: { shape: [3], data } });
  const theirs = independent({ a: "ü" }, [
    { name: "weights", shape: [3], data },
    { name: "more", shape: [3], data },
  ]);
  expect(decode(ours)).toEqual(decode(theirs));
});

it("bytes come out of a file as they went in", async () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => (index * index) % 251);
  const text = await pack(bytes);
  expect(text.length).toBeLessThan(bytes.length);
  expect(await unpack(text)).toEqual(bytes);
});
