/** Statistics of heads, of an example and over cohorts of samples. */

import type { Normalisation } from "../lib/selection";
import { bytes, floats, integers, shape, type WireMessage } from "../lib/wire";
import type { Query } from "../loading";
import type {
  BlockStatistics,
  Cohort,
  CohortDifference,
  CohortHistory,
  CohortStatistics,
  HeadMatching,
  HeadSimilarity,
} from "../schema";
import { type Arguments, binary, growing, json, type Place } from "./requests";

/** Whose samples: a cohort's members at a checkpoint, and the other checkpoint where there is one. */
export type Members = {
  run: string;
  step: number;
  cohort: string;
  other_run?: string;
  other_step?: number;
};

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

export function headSimilarity(members: Members, block: string, version: string): Query<HeadSimilarity> {
  return growing("head_similarity", { ...members, block }, version, (message): HeadSimilarity => ({
    block,
    layer: integers(message, "layer"),
    head: integers(message, "head"),
    cluster: integers(message, "cluster"),
    order: integers(message, "order"),
    divergence: floats(message, "divergence"),
    samples: Number(message.header.samples),
    rows: Number(message.header.rows),
    note: String(message.header.note ?? ""),
  }));
}

export function headMatching(members: Members, block: string, version: string): Query<HeadMatching> {
  return growing("head_matching", { ...members, block }, version, (message): HeadMatching => ({
    block,
    layer: integers(message, "layer"),
    head: integers(message, "head"),
    otherLayer: integers(message, "other_layer"),
    otherHead: integers(message, "other_head"),
    divergence: floats(message, "divergence"),
    identityDivergence: floats(message, "identity_divergence"),
    samples: Number(message.header.samples),
    rows: Number(message.header.rows),
  }));
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
