/** Messages in the wire format of wire.ts, for answers that come from a file. */

import type { WireData } from "./wire";

interface Part {
  shape: number[];
  data: WireData;
}

const ALIGNMENT = 8;

export function encode(header: Record<string, unknown>, arrays: Record<string, Part>): ArrayBuffer {
  let size = 0;
  const described = Object.entries(arrays).map(([name, { shape, data }]) => {
    const offset = size;
    size = padded(offset + data.byteLength);
    return { name, dtype: dtypeOf(data), shape, offset };
  });
  const text = JSON.stringify({ arrays: described, ...header });
  const bytes = new TextEncoder().encode(text);
  const start = padded(4 + bytes.length);
  const message = new Uint8Array(start + size).fill(0x20, 4, start);
  new DataView(message.buffer).setUint32(0, start - 4, true);
  message.set(bytes, 4);
  Object.values(arrays).forEach(({ data }, index) => {
    const view = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    message.set(view, start + described[index].offset);
  });
  return message.buffer;
}

function dtypeOf(data: WireData): string {
  if (data instanceof Float32Array) return "float32";
  return data instanceof Int32Array ? "int32" : "uint8";
}

function padded(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}
