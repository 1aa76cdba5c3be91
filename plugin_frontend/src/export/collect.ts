/** Gathers the answers that make the open view work without a server. */

import * as api from "../api";
import { placeOf } from "../catalogue";
import { attentionOf, manifestOf } from "../data";
import { nearest } from "../lib/blocks";
import { pack, toBase64 } from "../lib/packing";
import { toParameters } from "../lib/selection";
import { matrixKey, matrixMessage, requestKey, type Snapshot } from "../lib/snapshot";
import { decode, floats } from "../lib/wire";
import type { AttentionBlock, Examples, Manifest, Runs } from "../schema";
import { selection, visibleSides } from "../state";
import { answeredRequests, request } from "../transport";

const MOST_BYTES = 25_000_000;
const AT_ONCE = 6;

interface Shown {
  place: api.Place;
  manifest: Manifest;
}

/** Collect what is shown; `onProgress` hears the share that is done. Aborting `signal` rejects. */
export async function collect(
  subject: string,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<Snapshot> {
  const shown = visibleSides.peek().flatMap((side): Shown[] => {
    const [place, manifest] = [placeOf[side].peek(), manifestOf[side].value.peek()];
    return place && manifest ? [{ place, manifest }] : [];
  });
  const file: Snapshot = {
    made: Date.now(),
    subject,
    parameters: toParameters(selection.peek()),
    answers: {},
    matrices: {},
    images: {},
    leftOut: 0,
  };
  let size = 0;
  const keep = (into: Record<string, string>, key: string, text: string) => {
    if (size + text.length > MOST_BYTES) return void (file.leftOut += 1);
    size += text.length;
    into[key] = text;
  };
  const answer = async (url: string) => {
    const body = new Uint8Array(await (await request(url, signal)).arrayBuffer());
    keep(file.answers, requestKey(url), await pack(trimmed(url, body, shown)));
    const text = /\/neighbours\?/.test(url) ? new TextDecoder().decode(body) : "";
    return [...text.matchAll(/"image":"([0-9a-f]{64})"/g)].map(([, id]) => id);
  };

  const { run } = shown[0]?.place ?? { run: "" };
  const asked = [...answeredRequests(), ...chosenWeights()].filter((url) => concerns(url, shown));
  const wanted = new Set([...essential(shown), ...asked]);
  const images = new Set(shown.flatMap(({ place, manifest }) => manifest.images.map(({ id }) => api.serverImageUrl(place.run, id))));
  const matrices = shown.flatMap(({ place, manifest }) => matricesOf(place, manifest));
  const total = wanted.size + matrices.reduce((sum, { rows }) => sum + rows.length, 0);
  let done = 0;
  const step = () => onProgress((done += 1) / total);

  await inTurn([...wanted], async (url) => {
    for (const id of await answer(url)) images.add(api.serverImageUrl(run, id));
    step();
  });
  await inTurn([...images], async (url) => {
    const bytes = new Uint8Array(await (await request(url, signal)).arrayBuffer());
    keep(file.images, requestKey(url), `data:image/png;base64,${toBase64(bytes)}`);
  });
  for (const { rows, urlOf, queries } of matrices) {
    if (size > MOST_BYTES) {
      file.leftOut += 1;
      continue;
    }
    const found = await inTurn(rows, async (position) => {
      const message = decode(await (await request(urlOf(position), signal)).arrayBuffer());
      step();
      const { quantisation_error: error, sinks } = message.header;
      return { weights: floats(message, "weights"), error: Number(error ?? 0), sinks: (sinks ?? []) as number[] };
    });
    const message = matrixMessage(
      rows,
      found.map(({ weights }) => weights),
      found.map(({ error }) => error),
      queries,
      found[0]?.sinks ?? [],
    );
    keep(file.matrices, matrixKey(urlOf(0)), await pack(new Uint8Array(message)));
  }
  signal.throwIfAborted();
  return file;
}

/** What every view begins with. */
function essential(shown: readonly Shown[]): string[] {
  return [
    api.address("runs", {}),
    ...shown.flatMap(({ place, manifest }) => [
      api.address("examples", { run: place.run }),
      api.address("manifest", { ...place }),
      ...manifest.attention.map(({ name }) => api.address("statistics", { ...place, block: name })),
      ...(manifest.relevancy.length > 0 ? [api.address("relevancy", { ...place })] : []),
    ]),
  ];
}

/** Requests for what the chosen tokens look at in the chosen head: it may have come out of a gallery. */
function chosenWeights(): string[] {
  return visibleSides.peek().flatMap((side) => {
    const { manifest, plan } = attentionOf[side].value.peek() ?? {};
    if (!manifest || !plan) return [];
    const { run, tag, step } = manifest;
    const logged = plan.parts.filter(({ missing }) => missing === null);
    return logged.map((part) => api.attention({ run, tag, step }, part, plan.role, selection.peek().maskSinks).key);
  });
}

/** Whether a request is about what is shown, and not about another example or checkpoint. */
function concerns(url: string, shown: readonly Shown[]): boolean {
  const { searchParams } = new URL(url);
  const [run, tag, step] = ["run", "tag", "step"].map((name) => searchParams.get(name));
  return shown.some(
    ({ place }) =>
      place.run === run && (tag === null || place.tag === tag) && (step === null || place.step === Number(step)),
  );
}

/** Of lists only what the file has: the runs, the example and the steps shown. */
function trimmed(url: string, body: Uint8Array<ArrayBuffer>, shown: readonly Shown[]): Uint8Array<ArrayBuffer> {
  const route = requestKey(url).split("?")[0];
  if (route !== "runs" && route !== "examples") return body;
  const answer = JSON.parse(new TextDecoder().decode(body)) as Runs & Examples;
  if (route === "runs") answer.runs = answer.runs.filter(({ run }) => shown.some(({ place }) => place.run === run));
  else {
    const places = shown.map(({ place }) => place).filter(({ run }) => run === answer.run);
    answer.steps = answer.steps.filter((step) => places.some((place) => place.step === step));
    answer.examples = answer.examples
      .filter(({ tag }) => places.some((place) => place.tag === tag))
      .map((example) => {
        const { steps } = example;
        const some = <T>(values: T[]) => values.filter((_, index) => places.some(({ step }) => step === steps[index]));
        const { predictions, correct } = example;
        return { ...example, steps: some(steps), predictions: some(predictions), correct: some(correct) };
      });
  }
  return new TextEncoder().encode(JSON.stringify(answer));
}

/** The matrices behind every word and patch: of the chosen layer, in the chosen head and the mean. */
function matricesOf(place: api.Place, manifest: Manifest) {
  const { layer: wanted, head } = selection.peek();
  return manifest.attention.flatMap((block) => {
    const layer = nearest(block.layers, wanted ?? block.layers[block.layers.length - 1]);
    if (!block.weight_layers.includes(layer)) return [];
    const heads = [...(typeof head === "number" && block.weight_heads.includes(head) ? [head] : []), "mean"];
    return heads.map((one) => ({
      rows: rowsOf(manifest, block),
      queries: lengthOf(manifest, block.query),
      urlOf: (query: number) =>
        api.address("attention", { ...place, block: block.name, layer, head: one, query, sinks: 1 }),
    }));
  });
}

function rowsOf(manifest: Manifest, block: AttentionBlock): number[] {
  return block.rows ?? [...Array(lengthOf(manifest, block.query)).keys()];
}

function lengthOf(manifest: Manifest, sequence: string): number {
  return manifest.sequences.find(({ name }) => name === sequence)!.tokens.length;
}

/** A few at a time, so that what the user does meanwhile is not kept waiting. */
async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))));
  }
  return results;
}
