/** Frames: all that a view shows of one example at one checkpoint, loaded as a whole. */

import * as api from "./api";
import { attentionPlan, findSequence, type AttentionPart, type AttentionPlan } from "./lib/blocks";
import type { Normalisation, Selection } from "./lib/selection";
import { load, together, type Query } from "./loading";
import type { BlockStatistics, Drift, Manifest, RelevancyMap } from "./schema";

export interface StatisticsFrame {
  manifest: Manifest;
  /** In the order of the manifest's attention blocks. */
  blocks: BlockStatistics[];
}

export interface ShownPart extends AttentionPart {
  weights: Float32Array;
  quantisationError: number;
}

export interface AttentionFrame {
  manifest: Manifest;
  plan: (Omit<AttentionPlan, "parts"> & { parts: ShownPart[] }) | null;
}

/** A map with its scores, by name of the sequence. */
export interface LoadedMap extends RelevancyMap {
  scores: Map<string, Float32Array>;
}

export interface RelevancyFrame {
  manifest: Manifest;
  maps: LoadedMap[];
}

export function statisticsFrame(place: api.Place, normalisation: Normalisation = "none"): Query<StatisticsFrame> {
  return {
    key: `statistics ${normalisation} ${placeKey(place)}`,
    run: async (signal) => {
      const manifest = await load(api.manifest(place), signal);
      const blocks = manifest.attention.map(({ name }) => load(api.statistics(place, name, normalisation), signal));
      return { manifest, blocks: await Promise.all(blocks) };
    },
  };
}

export function attentionFrame(place: api.Place, selection: Selection): Query<AttentionFrame> {
  const { block, layer, head, sequence, token, role } = selection;
  return {
    key: `attention ${placeKey(place)} ${JSON.stringify([block, layer, head, sequence, token, role])}`,
    run: async (signal) => {
      const manifest = await load(api.manifest(place), signal);
      const plan = attentionPlan(manifest, selection);
      if (!plan) return { manifest, plan };
      const parts = plan.parts.map((part) => fill(place, manifest, plan, part, signal));
      return { manifest, plan: { ...plan, parts: await Promise.all(parts) } };
    },
  };
}

/** The attention of the token in every head of the selected layer. */
export function galleryFrames(place: api.Place, selection: Selection, heads: number): Query<AttentionFrame[]> {
  const frames = [...Array(heads).keys()].map((head) => attentionFrame(place, { ...selection, head }));
  return together(`gallery ${frames.map(({ key }) => key).join()}`, frames);
}

export function relevancyFrame(place: api.Place): Query<RelevancyFrame> {
  return {
    key: `relevancy ${placeKey(place)}`,
    run: async (signal) => {
      const manifest = await load(api.manifest(place), signal);
      if (manifest.relevancy.length === 0) return { manifest, maps: [] };
      const scores = await load(api.relevancy(place), signal);
      return { manifest, maps: manifest.relevancy.map((map) => ({ ...map, scores: scores[map.number] })) };
    },
  };
}

/** The drift of several methods' maps by method; those that have none are left out. */
export function drifts(
  place: api.Place,
  methods: readonly string[],
  target: string,
  version: string,
): Query<Map<string, Drift>> {
  const queries = methods.map((method) => api.drift(place, method, target, version));
  return {
    key: `drifts ${queries.map(({ key }) => key).join()}`,
    run: async (signal) => {
      const answers = await Promise.allSettled(queries.map((query) => load(query, signal)));
      signal.throwIfAborted();
      const failed = answers.find((answer) => answer.status === "rejected");
      if (failed && answers.every(({ status }) => status === "rejected")) throw failed.reason;
      return new Map(
        answers.flatMap((answer, index) =>
          answer.status === "fulfilled" ? [[methods[index], answer.value] as const] : [],
        ),
      );
    },
  };
}

async function fill(
  place: api.Place,
  manifest: Manifest,
  plan: AttentionPlan,
  part: AttentionPart,
  signal: AbortSignal,
): Promise<ShownPart> {
  const { block, layer, head, position } = part;
  const nothing = () => new Float32Array(findSequence(manifest, part.shown)!.tokens.length).fill(NaN);
  if (part.missing !== null) return { ...part, weights: nothing(), quantisationError: 0 };
  try {
    const query = api.attention(place, block.name, layer, head, plan.role, position);
    return { ...part, ...(await load(query, signal)) };
  } catch (error) {
    if (part.chosen || signal.aborted) throw error;
    return { ...part, weights: nothing(), quantisationError: 0, missing: (error as Error).message };
  }
}

function placeKey({ run, tag, step }: api.Place): string {
  return JSON.stringify([run, tag, step]);
}
