/** Frames: all that a view shows of one example at one checkpoint, loaded as a whole. */

import * as api from "./api";
import { attentionPlan, findSequence, type AttentionPart, type AttentionPlan } from "./lib/blocks";
import type { Lens } from "./lib/logit_lens";
import { attentionChoice, type AttentionChoice, type GalleryOver, type Normalisation, type Role } from "./lib/selection";
import { load, peek, type Query } from "./loading";
import type { AttentionGallery, AttentionWeights, BlockStatistics, Drift, Manifest, RelevancyMap } from "./schema";

export interface StatisticsFrame {
  manifest: Manifest;
  /** In the order of the manifest's attention blocks. */
  blocks: BlockStatistics[];
}

export interface ShownPart extends AttentionPart {
  weights: Float32Array;
  quantisationError: number;
  /** Tokens among those shown that are sinks, where these are masked. */
  sinks: readonly number[];
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

export interface LensFrame {
  manifest: Manifest;
  lenses: Lens[];
}

export function statisticsFrame(place: api.Place, normalisation: Normalisation = "none"): Query<StatisticsFrame> {
  return {
    key: `statistics ${normalisation} ${placeKey(place)}`,
    run: async (signal) => {
      const manifest = peek(api.manifest(place)) ?? (await load(api.manifest(place), signal));
      const blocks = manifest.attention.map(({ name }) => load(api.statistics(place, name, normalisation), signal));
      return { manifest, blocks: await Promise.all(blocks) };
    },
  };
}

/** `beside`: the gallery that is loaded as well; a head or layer in it needs no request of its own. */
export function attentionFrame(
  place: api.Place,
  selection: AttentionChoice,
  beside: GalleryOver | null = null,
): Query<AttentionFrame> {
  const choice = attentionChoice(selection);
  return {
    key: `attention ${placeKey(place)} ${JSON.stringify(choice)}`,
    run: async (signal) => {
      const manifest = peek(api.manifest(place)) ?? (await load(api.manifest(place), signal));
      const plan = attentionPlan(manifest, choice);
      if (!plan) return { manifest, plan };
      const parts = plan.parts.map((part) => {
        const weights = (during: AbortSignal) =>
          beside && !choice.maskSinks && isItem(part, beside)
            ? outOfGallery(place, part, plan.role, beside, during)
            : load(api.attention(place, part, plan.role, choice.maskSinks), during);
        return fill(manifest, part, weights, signal);
      });
      return { manifest, plan: { ...plan, parts: await Promise.all(parts) } };
    },
  };
}

/** The chosen tokens in every head of a layer, or in every layer. */
export interface GalleryFrame extends AttentionGallery {
  over: GalleryOver;
  /** One per item: what a single request for it would have brought. */
  frames: AttentionFrame[];
}

/** The selected tokens in every head of the selected layer, or in every layer; null without attention. */
export function galleryFrame(
  place: api.Place,
  selection: AttentionChoice,
  over: GalleryOver,
): Query<GalleryFrame | null> {
  // Of every head (or layer) at once: a set would say which of them.
  const choice = { ...attentionChoice(selection), headSet: [], layerSet: [], ...wholly(over) };
  const { block, layer, head, sequence, tokens, role } = choice;
  const asked = [block, layer, head, sequence, tokens, role, over];
  return {
    key: `gallery ${placeKey(place)} ${JSON.stringify(asked)}`,
    run: async (signal) => {
      const manifest = peek(api.manifest(place)) ?? (await load(api.manifest(place), signal));
      const plan = attentionPlan(manifest, choice);
      const part = plan?.parts.find(({ chosen }) => chosen);
      if (!plan || !part || part.missing !== null) return null;
      const gallery = await load(api.attentionGallery(place, part, role, over), signal);
      const frames = gallery.items.map((item, index) => {
        const which = over === "heads" ? { heads: [item] } : { layers: [item] };
        const parts = [{ ...part, ...which, ...weightsOfItem(gallery, index) }];
        return { manifest, plan: { ...plan, parts } };
      });
      return { ...gallery, over, frames };
    },
  };
}

/** The mean stands for whatever head is asked for in a gallery of heads. */
function wholly(over: GalleryOver): Partial<AttentionChoice> {
  return over === "heads" ? { head: "mean" } : {};
}

export function relevancyFrame(place: api.Place): Query<RelevancyFrame> {
  return {
    key: `relevancy ${placeKey(place)}`,
    run: async (signal) => {
      const manifest = peek(api.manifest(place)) ?? (await load(api.manifest(place), signal));
      if (manifest.relevancy.length === 0) return { manifest, maps: [] };
      const scores = await load(api.relevancy(place), signal);
      return { manifest, maps: manifest.relevancy.map((map) => ({ ...map, scores: scores[map.number] })) };
    },
  };
}

/** What the output head reads; no lens where none was logged. */
export function lensFrame(place: api.Place): Query<LensFrame> {
  return {
    key: `lens ${placeKey(place)}`,
    run: async (signal) => {
      const manifest = peek(api.manifest(place)) ?? (await load(api.manifest(place), signal));
      return { manifest, lenses: manifest.logit_lens.length === 0 ? [] : await load(api.logitLens(place), signal) };
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

/** Whether it is what one picture of a gallery shows. */
function isItem({ chosen, layers, heads }: AttentionPart, over: GalleryOver): boolean {
  const ofHead = heads === "mean" ? over === "layers" : heads.length === 1;
  return chosen && layers.length === 1 && ofHead;
}

async function outOfGallery(
  place: api.Place,
  part: AttentionPart,
  role: Role,
  over: GalleryOver,
  signal: AbortSignal,
): Promise<AttentionWeights> {
  const gallery = await load(api.attentionGallery(place, part, role, over), signal);
  return weightsOfItem(gallery, gallery.items.indexOf(over === "heads" ? Number(part.heads[0]) : part.layers[0]));
}

function weightsOfItem({ weights, quantisationError }: AttentionGallery, index: number): AttentionWeights {
  return { weights: weights[index], quantisationError: quantisationError[index], sinks: [] };
}

async function fill(
  manifest: Manifest,
  part: AttentionPart,
  weights: (signal: AbortSignal) => Promise<AttentionWeights>,
  signal: AbortSignal,
): Promise<ShownPart> {
  const nothing = () => new Float32Array(findSequence(manifest, part.shown)!.tokens.length).fill(NaN);
  const unknown = () => ({ ...part, weights: nothing(), quantisationError: 0, sinks: [] });
  if (part.missing !== null) return unknown();
  try {
    return { ...part, ...(await weights(signal)) };
  } catch (error) {
    if (part.chosen || signal.aborted) throw error;
    return { ...unknown(), missing: (error as Error).message };
  }
}

function placeKey({ run, tag, step }: api.Place): string {
  return JSON.stringify([run, tag, step]);
}
