/** The plugin's routes as queries. URLs are relative to this module, so any path prefix works. */

import { bytes, decode, floats, integers, shape, type WireMessage } from "./lib/wire";
import type { Head, Role } from "./lib/selection";
import type { Query } from "./loading";
import type {
  AttentionWeights,
  BlockStatistics,
  Drift,
  Evaluations,
  Examples,
  LayerNeighbours,
  Manifest,
  Modality,
  Projection,
  RelevancyScores,
  Runs,
  TokenDetails,
} from "./schema";
import { imageAddress, request } from "./transport";

/** One example at one checkpoint. */
export interface Place {
  run: string;
  tag: string;
  step: number;
}

type Arguments = Record<string, string | number | string[]>;

const base = import.meta.url;

export function runs(): Promise<Runs> {
  return request(address("runs", {}), undefined, "no-store").then((response) => response.json());
}

export function examples(run: string, version: string): Query<Examples> {
  return json("examples", { run }, version);
}

export function manifest({ run, tag, step }: Place): Query<Manifest> {
  const url = address("manifest", { run, tag, step });
  return { key: url, run: async (signal) => (await request(url, signal)).json() };
}

export function statistics(place: Place, block: string): Query<BlockStatistics> {
  return binary("statistics", { ...place, block }, (message) => {
    const [, layers, heads] = shape(message, "values");
    return {
      statistics: message.header.statistics as string[],
      layers,
      heads,
      values: floats(message, "values"),
      layerMean: floats(message, "layer_mean"),
    };
  });
}

export function attention(
  place: Place,
  block: string,
  layer: number,
  head: Head,
  role: Role,
  position: number,
): Query<AttentionWeights> {
  return binary("attention", { ...place, block, layer, head, [role]: position }, (message) => ({
    weights: floats(message, "weights"),
    quantisationError: Number(message.header.quantisation_error ?? 0),
  }));
}

/** The basis depends on what is logged, hence on the logdir's `version`. */
export function projection(
  run: string,
  step: number,
  layer: number,
  basis: string[],
  version: string,
): Query<Projection> {
  const given = { run, step, layer, basis };
  const query = binary("projection", given, (message): Projection => {
    const { header } = message;
    return {
      tags: header.tags as string[],
      sequences: header.sequences as string[],
      modalities: header.modalities as Modality[],
      explainedVariance: header.explained_variance as number[],
      extent: header.extent as [number, number][],
      fittedOn: header.fitted_on as Projection["fittedOn"],
      count: shape(message, "positions")[0],
      positions: floats(message, "positions"),
      example: integers(message, "example"),
      token: integers(message, "token"),
      sequence: integers(message, "sequence"),
      modality: bytes(message, "modality"),
    };
  });
  return { ...query, key: `${query.key} ${version}` };
}

/** All maps of the example, in the order of the manifest. */
export function relevancy(place: Place): Query<RelevancyScores> {
  return binary("relevancy", { ...place }, (message) => {
    const values = floats(message, "values");
    const maps = message.header.maps as { sequences: { name: string; start: number; length: number }[] }[];
    return maps.map(
      ({ sequences }) =>
        new Map(sequences.map(({ name, start, length }) => [name, values.subarray(start, start + length)])),
    );
  });
}

/** How the maps of a method changed over the steps that were logged so far. */
export function drift({ run, tag }: Place, method: string, target: string, version: string): Query<Drift> {
  return json("drift", { run, tag, method, ...(target === "" ? {} : { target }) }, version);
}

export function evaluations(run: string, version: string): Query<Evaluations> {
  return json("evaluation", { run }, version);
}

/** Nearest tokens over all examples, at every layer. */
export function neighbours(
  place: Place,
  sequence: string,
  token: number,
  filter: { count: number; modality?: Modality; distinct?: 1 },
  version: string,
): Query<LayerNeighbours[]> {
  const given = { ...place, sequence, token, layer: "all", ...filter };
  const query = json<{ layers: LayerNeighbours[] }>("neighbours", given, version);
  return { key: query.key, run: async (signal) => (await query.run(signal)).layers };
}

export function token(
  place: Place,
  sequence: string,
  position: number,
  block: string | null,
  head: Head,
): Query<TokenDetails> {
  const given = { ...place, sequence, token: position, ...(block === null ? {} : { block, head }) };
  return json("token", given, "");
}

export function imageUrl(run: string, id: string): string {
  return imageAddress(serverImageUrl(run, id));
}

/** Where the server has the image, whatever the page shows it from. */
export function serverImageUrl(run: string, id: string): string {
  return address("image", { run, id });
}

/** The address of a request. */
export function address(route: string, given: Arguments): string {
  const url = new URL(route, base);
  for (const [name, value] of Object.entries(given)) {
    for (const item of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(item));
  }
  return url.href;
}

/** What grows with the log. `version` is the logdir's: it is fetched again when something was logged. */
function json<T>(route: string, given: Arguments, version: string): Query<T> {
  const url = address(route, given);
  return {
    key: `${url} ${version}`,
    run: async (signal) => (await request(url, signal, "no-cache")).json(),
  };
}

function binary<T>(route: string, given: Arguments, read: (message: WireMessage) => T): Query<T> {
  const url = address(route, given);
  return {
    key: url,
    run: async (signal) => read(decode(await (await request(url, signal)).arrayBuffer())),
  };
}
