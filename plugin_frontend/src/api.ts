/** The plugin's routes as queries. URLs are relative to this module, so any path prefix works. */

import { bytes, decode, floats, integers, shape, type WireMessage } from "./lib/wire";
import type { Head, Normalisation, Role } from "./lib/selection";
import type { Query } from "./loading";
import type {
  AttentionWeights,
  BlockStatistics,
  Cohort,
  CohortDifference,
  CohortHistory,
  CohortStatistics,
  Drift,
  Evaluations,
  Examples,
  Manifest,
  Modality,
  Projection,
  RelevancyScores,
  Runs,
} from "./schema";

/** One example at one checkpoint. */
export interface Place {
  run: string;
  tag: string;
  step: number;
}

/** Whose samples: a cohort's members at a checkpoint, and the other checkpoint where there is one. */
export type Members = {
  run: string;
  step: number;
  cohort: string;
  other_run?: string;
  other_step?: number;
};

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

export function statistics(
  place: Place,
  block: string,
  normalisation: Normalisation = "none",
): Query<BlockStatistics> {
  return binary("statistics", { ...place, block, ...normalised(normalisation) }, (message) =>
    blockStatistics(message, "values"),
  );
}

/** The cohorts that there are at a checkpoint (beside another one). */
export function cohorts(checkpoint: Omit<Members, "cohort">, version: string): Query<Cohort[]> {
  const query = json<{ cohorts: Cohort[] }>("cohorts", { ...checkpoint }, version);
  return { key: query.key, run: async (signal) => (await query.run(signal)).cohorts };
}

export function cohortStatistics(
  members: Members,
  block: string,
  version: string,
  normalisation: Normalisation = "none",
): Query<CohortStatistics> {
  const given = { ...members, block, ...normalised(normalisation) };
  return growing("cohort_statistics", given, version, (message) => ({
    ...blockStatistics(message, "mean"),
    low: floats(message, "low"),
    high: floats(message, "high"),
    samples: integers(message, "samples"),
    size: Number(message.header.samples),
    interval: String(message.header.interval),
  }));
}

/** The change from the members' checkpoint to the other one. */
export function cohortDifference(
  members: Members,
  block: string,
  version: string,
  normalisation: Normalisation = "none",
): Query<CohortDifference> {
  const given = { ...members, block, ...normalised(normalisation) };
  return growing("cohort_difference", given, version, (message) => ({
    ...blockStatistics(message, "difference"),
    low: floats(message, "low"),
    high: floats(message, "high"),
    effect: floats(message, "effect"),
    beyondChance: bytes(message, "beyond_chance"),
    size: Number(message.header.samples),
    test: String(message.header.test),
  }));
}

/** The members at `step`, at every step that was logged so far. */
export function cohortHistory(
  members: Members,
  block: string,
  statistic: string[],
  version: string,
  normalisation: Normalisation = "none",
): Query<CohortHistory> {
  const given = { ...members, block, statistic, ...normalised(normalisation) };
  return growing("cohort_history", given, version, (message): CohortHistory => {
    const [, , layers, heads] = shape(message, "mean");
    return {
      statistics: message.header.statistics as string[],
      steps: message.header.steps as number[],
      layers,
      heads,
      mean: floats(message, "mean"),
      low: floats(message, "low"),
      high: floats(message, "high"),
      layerMean: floats(message, "layer_mean"),
      emergence: integers(message, "emergence"),
      emergenceRule: String(message.header.emergence_rule ?? ""),
    };
  });
}

function blockStatistics(message: WireMessage, name: string): BlockStatistics {
  const [, layers, heads] = shape(message, name);
  return {
    statistics: message.header.statistics as string[],
    layers,
    heads,
    values: floats(message, name),
    layerMean: floats(message, "layer_mean"),
  };
}

function normalised(normalisation: Normalisation): Arguments {
  return normalisation === "none" ? {} : { normalisation };
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
  return growing("projection", given, version, (message): Projection => {
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

export function imageUrl(run: string, id: string): string {
  return address("image", { run, id });
}

function address(route: string, given: Arguments): string {
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

/** A binary answer that may change when something was logged. */
function growing<T>(
  route: string,
  given: Arguments,
  version: string,
  read: (message: WireMessage) => T,
): Query<T> {
  const query = binary(route, given, read);
  return { ...query, key: `${query.key} ${version}` };
}

async function request(url: string, signal?: AbortSignal, cache?: RequestCache): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { signal, cache });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Error("TensorBoard does not answer. Is it still running?");
  }
  if (!response.ok) throw new Error(await complaint(response));
  return response;
}

async function complaint(response: Response): Promise<string> {
  try {
    return (await response.json()).error;
  } catch {
    return `TensorBoard answered ${response.status} ${response.statusText}.`;
  }
}
