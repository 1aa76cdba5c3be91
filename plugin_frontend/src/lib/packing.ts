/** Bytes as short text: compressed, in base 64. */

const PORTION = 0x8000;

export async function pack(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return toBase64(await through(bytes, new CompressionStream("deflate-raw")));
}

export async function unpack(text: string): Promise<Uint8Array<ArrayBuffer>> {
  return through(fromBase64(text), new DecompressionStream("deflate-raw"));
}

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += PORTION) {
    text += String.fromCharCode(...bytes.subarray(start, start + PORTION));
  }
  return btoa(text);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> {
  const piped = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(piped).arrayBuffer());
}
