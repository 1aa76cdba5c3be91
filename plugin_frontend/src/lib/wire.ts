/** The binary wire format: header length, JSON header, arrays aligned to 8 bytes. */

export type WireData = Float32Array | Int32Array | Uint8Array;

export interface WireArray {
  shape: number[];
  data: WireData;
}

export interface WireMessage {
  header: Record<string, unknown>;
  arrays: Record<string, WireArray>;
}

interface ArrayHeader {
  name: string;
  dtype: string;
  shape: number[];
  offset: number;
}

const CONSTRUCTORS = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array } as const;

/** Views on the arrays of a message, without copying. Throws where the message is malformed. */
export function decode(buffer: ArrayBuffer): WireMessage {
  if (buffer.byteLength < 4) throw new Error("The answer is too short to hold a header.");
  const headerLength = new DataView(buffer).getUint32(0, true);
  const start = 4 + headerLength;
  if (start > buffer.byteLength) throw new Error("The answer ends within its header.");
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, headerLength)));
  const arrays: Record<string, WireArray> = {};
  for (const entry of header.arrays as ArrayHeader[]) {
    const constructor = CONSTRUCTORS[entry.dtype as keyof typeof CONSTRUCTORS];
    if (!constructor) throw new Error(`Array ${entry.name} has the unknown type ${entry.dtype}.`);
    const length = entry.shape.reduce((product, size) => product * size, 1);
    const offset = start + entry.offset;
    if (offset + length * constructor.BYTES_PER_ELEMENT > buffer.byteLength) {
      throw new Error(`The answer ends within the array ${entry.name}.`);
    }
    arrays[entry.name] = { shape: entry.shape, data: new constructor(buffer, offset, length) };
  }
  return { header, arrays };
}

/** The float32 array of that name. */
export function floats(message: WireMessage, name: string): Float32Array {
  return typed(message, name, Float32Array);
}

/** The int32 array of that name. */
export function integers(message: WireMessage, name: string): Int32Array {
  return typed(message, name, Int32Array);
}

/** The uint8 array of that name. */
export function bytes(message: WireMessage, name: string): Uint8Array {
  return typed(message, name, Uint8Array);
}

/** The shape of the array of that name. */
export function shape(message: WireMessage, name: string): number[] {
  return entry(message, name).shape;
}

function entry(message: WireMessage, name: string): WireArray {
  const array = message.arrays[name];
  if (!array) throw new Error(`The answer lacks the array ${name}.`);
  return array;
}

function typed<T extends WireData>(
  message: WireMessage,
  name: string,
  constructor: abstract new (...parameters: never[]) => T,
): T {
  const { data } = entry(message, name);
  if (!(data instanceof constructor)) throw new Error(`Array ${name} has an unexpected type.`);
  return data;
}
