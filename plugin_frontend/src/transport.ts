/** Where answers come from: the server, or the file that the page was saved to. */

import { unpack } from "./lib/packing";
import { attentionAnswer, matrixKey, NOT_IN_FILE, requestKey, type Snapshot } from "./lib/snapshot";
import { decode, type WireMessage } from "./lib/wire";

export const SNAPSHOT_ELEMENT = "vl-snapshot";
const REMEMBERED = 600;

/** What the file holds; null on a server's page. */
export const snapshot: Snapshot | null = readSnapshot();

/** The latest requests that were answered, the newest last. */
const answered = new Set<string>();

export function request(url: string, signal?: AbortSignal, cache?: RequestCache): Promise<Response> {
  return snapshot ? fromFile(snapshot, url) : fromServer(url, signal, cache);
}

/** Ask the server to do something. */
export async function post(url: string): Promise<void> {
  const response = await fetch(url, { method: "POST" });
  if (!response.ok) throw new Error(await complaint(response));
}

/** The address of an image; that of none where the file lacks it. */
export function imageAddress(url: string): string {
  return snapshot ? (snapshot.images[requestKey(url)] ?? "data:,") : url;
}

/** Requests that the page made, as far back as is remembered. */
export function answeredRequests(): readonly string[] {
  return [...answered];
}

async function fromServer(url: string, signal?: AbortSignal, cache?: RequestCache): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { signal, cache });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Error("TensorBoard does not answer. Is it still running?");
  }
  if (!response.ok) throw new Error(await complaint(response));
  // What is still being computed is no answer yet.
  if (response.status === 202) return response;
  answered.delete(url);
  answered.add(url);
  if (answered.size > REMEMBERED) answered.delete(answered.values().next().value!);
  return response;
}

async function complaint(response: Response): Promise<string> {
  try {
    return (await response.json()).error;
  } catch {
    return `TensorBoard answered ${response.status} ${response.statusText}.`;
  }
}

const matrices = new Map<string, Promise<WireMessage>>();

async function fromFile(file: Snapshot, url: string): Promise<Response> {
  const packed = file.answers[requestKey(url)];
  if (packed !== undefined) return new Response(await unpack(packed));
  const key = matrixKey(url);
  const matrix = file.matrices[key];
  if (matrix === undefined) throw new Error(NOT_IN_FILE);
  const known = matrices.get(key) ?? unpack(matrix).then(({ buffer }) => decode(buffer));
  matrices.set(key, known);
  const answer = attentionAnswer(await known, url);
  if (!answer) throw new Error(NOT_IN_FILE);
  return new Response(answer);
}

function readSnapshot(): Snapshot | null {
  const text = document.getElementById(SNAPSHOT_ELEMENT)?.textContent;
  return text ? JSON.parse(text) : null;
}
