/** Writes what the server writes, for tests of what reads it. */

interface NamedArray {
  name: string;
  shape: number[];
  data: Float32Array | Int32Array | Uint8Array;
}

const TYPES = { Float32Array: "float32", Int32Array: "int32", Uint8Array: "uint8" } as const;

export function encode(header: object, arrays: NamedArray[]): ArrayBuffer {
  let offset = 0;
  const described = arrays.map(({ name, shape, data }) => {
    const entry = { name, shape, offset, dtype: TYPES[data.constructor.name as keyof typeof TYPES] };
    offset += Math.ceil(data.byteLength / 8) * 8;
    return entry;
  });
  const unpadded = new TextEncoder().encode(JSON.stringify({ ...header, arrays: described }));
  const length = Math.ceil((4 + unpadded.length) / 8) * 8 - 4;
  const whole = new Uint8Array(4 + length + offset).fill(32, 4, 4 + length);
  new DataView(whole.buffer).setUint32(0, length, true);
  whole.set(unpadded, 4);
  arrays.forEach(({ data }, index) => {
    const part = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    whole.set(part, 4 + length + described[index].offset);
  });
  return whole.buffer;
}
