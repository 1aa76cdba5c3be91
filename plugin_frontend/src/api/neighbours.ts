/** Neighbours of tokens in the space of the hidden states, and what is known of one token. */

import { prepared } from "../jobs";
import type { Head, Metric } from "../lib/selection";
import type { Query } from "../loading";
import type { Churn, ChurnHistory, Hubness, LayerNeighbours, Modality, TokenDetails } from "../schema";
import { address, type Arguments, json, type Place } from "./requests";

/** Very many states are copied before they are searched for the first time. */
function searched<T>(given: Arguments, version: string): Query<T> {
  return prepared(address("neighbours", given), version, async (response) => (await response.json()) as T);
}

/** Nearest tokens over all examples, at every layer or at one. */
export function neighbours(
  place: Place,
  sequence: string,
  token: number,
  filter: { count: number; layer?: number; metric?: Metric; modality?: Modality; distinct?: 1 },
  version: string,
): Query<LayerNeighbours[]> {
  const given = { ...place, sequence, token, layer: "all", ...filter };
  const query = searched<{ layers: LayerNeighbours[] } | LayerNeighbours>(given, version);
  return {
    key: query.key,
    run: async (signal) => {
      const answer = await query.run(signal);
      return "layers" in answer ? answer.layers : [answer];
    },
  };
}

/** Which tokens' neighbours, of what layer's space, and how many of them. */
export type NeighbourhoodsAsked = { layer: number | "all"; metric: Metric; count: number; sequence?: string };

/** How much neighbourhoods change from one checkpoint to another; of the tag's example, token by token. */
export function churn(
  [run, step]: readonly [string, number],
  [otherRun, otherStep]: readonly [string, number],
  asked: NeighbourhoodsAsked,
  tag: string | null,
  version: string,
): Query<Churn> {
  const both = { run, step, other_run: otherRun, other_step: otherStep };
  return json("churn", { ...both, ...asked, ...(tag === null ? {} : { tag }) }, version);
}

export function churnHistory(run: string, asked: NeighbourhoodsAsked, version: string): Query<ChurnHistory> {
  return json("churn_history", { run, ...asked }, version);
}

/** Hubs at every layer. */
export function hubness(
  [run, step]: readonly [string, number],
  asked: NeighbourhoodsAsked,
  version: string,
): Query<Hubness[]> {
  const query = json<{ layers: Hubness[] }>("hubness", { run, step, ...asked, layer: "all" }, version);
  return { key: query.key, run: async (signal) => (await query.run(signal)).layers };
}

/** Nearest tokens over all examples, in one layer. */
export function neighboursAt(
  place: Place,
  sequence: string,
  token: number,
  filter: { layer: number; count: number },
  version: string,
): Query<LayerNeighbours> {
  return searched({ ...place, sequence, token, ...filter }, version);
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
