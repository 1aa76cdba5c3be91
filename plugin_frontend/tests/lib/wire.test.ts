import { describe, expect, it } from "vitest";
import { bytes, decode, floats, integers, shape } from "../../src/lib/wire";
import { encode } from "../wire_message";

describe("the binary wire format", () => {
  it("gives every array its type, shape and numbers", () => {
    const message = decode(
      encode({ statistics: ["entropy"] }, [
        { name: "values", shape: [1, 1, 3], data: new Float32Array([0.5, NaN, -2]) },
        { name: "token", shape: [3], data: new Int32Array([7, -1, 2]) },
        { name: "modality", shape: [1], data: new Uint8Array([255]) },
      ]),
    );
    expect([...floats(message, "values")]).toEqual([0.5, NaN, -2]);
    expect([...integers(message, "token")]).toEqual([7, -1, 2]);
    expect([...bytes(message, "modality")]).toEqual([255]);
    expect(shape(message, "values")).toEqual([1, 1, 3]);
    expect(message.header.statistics).toEqual(["entropy"]);
  });

  it("reads an array without numbers", () => {
    const message = decode(encode({}, [{ name: "positions", shape: [0, 3], data: new Float32Array() }]));
    expect(floats(message, "positions")).toHaveLength(0);
  });

  it("refuses an answer that ends too early", () => {
    const whole = encode({}, [{ name: "weights", shape: [4], data: new Float32Array(4) }]);
    expect(() => decode(whole.slice(0, whole.byteLength - 4))).toThrow("weights");
    expect(() => decode(whole.slice(0, 10))).toThrow("header");
    expect(() => decode(new ArrayBuffer(2))).toThrow("too short");
  });

  it("refuses an array that is missing or of another type", () => {
    const message = decode(encode({}, [{ name: "token", shape: [1], data: new Int32Array(1) }]));
    expect(() => floats(message, "weights")).toThrow("lacks the array weights");
    expect(() => floats(message, "token")).toThrow("unexpected type");
  });
});
