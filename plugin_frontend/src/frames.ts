/** Frames: all that a view shows of one example at one checkpoint, loaded as a whole. */

import * as api from "./api";
import { attentionPlan, findSequence, nearest, onlyStatistics, type AttentionPart, type AttentionPlan } from "./lib/blocks";
import type { Head, Selection } from "./lib/selection";
import { overviewAddress, type MatrixShape } from "./lib/tiles";
import { load, together, type Query } from "./loading";
import type {
  AttentionBlock,
  BlockStatistics,
  Drift,
  Manifest,
  MatrixTile,
  RelevancyMap,
  TokenSequence,
} from "./schema";

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

/** The matrix of one head. */
export interface MatrixSource {
  block: AttentionBlock;
  layer: number;
  head: Head;
  queries: TokenSequence;
  keys: TokenSequence;
  shape: MatrixShape;
  /** Why there are no weights, or null. */
  missing: string | null;
  /** The tile that covers all of it. */
  overview: MatrixTile | null;
}

export interface MatrixFrame {
  manifest: Manifest;
  place: api.Place;
  /** Null where the example has no attention. */
  source: MatrixSource | null;
}

/** One block's statistics at several steps, null where a step has none. */
export interface History {
  block: string;
  steps: number[];
  statistics: (BlockStatistics | null)[];
}

/** A map with its scores, by name of the sequence. */
export interface LoadedMap extends RelevancyMap {
  scores: Map<string, Float32Array>;
}

export interface RelevancyFrame {
  manifest: Manifest;
  maps: LoadedMap[];
}

const HISTORY_STEPS = 80;

export function statisticsFrame(place: api.Place): Query<StatisticsFrame> {
  return {
    key: `statistics ${placeKey(place)}`,
    run: async (signal) => {
      const manifest = await load(api.manifest(place), signal);
      const blocks = manifest.attention.map(({ name }) => load(api.statistics(place, name), signal));
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

/** The head's whole matrix, as far as one tile can show it; finer ones are loaded as they come into sight. */
export function matrixFrame(place: api.Place, selection: Selection): Query<MatrixFrame> {
  const { block: name, layer: wanted, head: chosen } = selection;
  return {
    key: `matrix ${placeKey(place)} ${JSON.stringify([name, wanted, chosen])}`,
    run: async (signal) => {
      const manifest = await load(api.manifest(place), signal);
      const block = manifest.attention.find((candidate) => candidate.name === name) ?? manifest.attention[0];
      if (!block) return { manifest, place, source: null };
      const layer = nearest(block.layers, wanted ?? block.layers[0]);
      const head = chosen === null || (chosen !== "mean" && chosen >= block.heads) ? "mean" : chosen;
      const [queries, keys] = [findSequence(manifest, block.query)!, findSequence(manifest, block.key)!];
      const shape = { queries: queries.tokens.length, keys: keys.tokens.length };
      const missing = onlyStatistics(block, layer, head);
      const overview = overviewAddress(shape);
      const tile = missing === null ? await load(api.matrixTile(place, block.name, layer, head, overview), signal) : null;
      return { manifest, place, source: { block, layer, head, queries, keys, shape, missing, overview: tile } };
    },
  };
}

/** The attention of the token in every head of the selected layer. */
export function galleryFrames(place: api.Place, selection: Selection, heads: number): Query<AttentionFrame[]> {
  const frames = [...Array(heads).keys()].map((head) => attentionFrame(place, { ...selection, head }));
  return together(`gallery ${frames.map(({ key }) => key).join()}`, frames);
}

/** A block's statistics over the steps, evenly thinned where there are very many. */
export function history(place: api.Place, block: string, allSteps: number[]): Query<History> {
  const steps = thinned(allSteps, HISTORY_STEPS);
  return {
    key: `history ${place.run} ${place.tag} ${block} ${steps.join()}`,
    run: async (signal) => {
      const statistics: (BlockStatistics | null)[] = [];
      let failure: unknown = null;
      // A few at a time, so that what the user asks for meanwhile is not kept waiting.
      for (let start = 0; start < steps.length; start += 3) {
        const some = steps
          .slice(start, start + 3)
          .map((step) => load(api.statistics({ ...place, step }, block), signal).catch(failed));
        statistics.push(...(await Promise.all(some)));
      }
      signal.throwIfAborted();
      if (statistics.every((found) => found === null)) throw failure;
      return { block, steps, statistics };

      function failed(reason: unknown): null {
        failure = reason;
        return null;
      }
    },
  };
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

function thinned(steps: number[], most: number): number[] {
  if (steps.length <= most) return steps;
  return Array.from({ length: most }, (_, index) => steps[Math.round((index * (steps.length - 1)) / (most - 1))]);
}
