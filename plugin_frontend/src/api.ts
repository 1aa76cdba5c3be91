/** The plugin's routes as queries. URLs are relative to this module, so any path prefix works. */

import { bytes, decode, floats, integers, shape, type WireMessage } from "./lib/wire";
import type { AttentionPart } from "./lib/blocks";
import { fitted, prepared } from "./jobs";
import type { Lens } from "./lib/logit_lens";
import { writeNumbers } from "./lib/number_set";
import { groupStarts } from "./lib/points";
import type { CkaTokens, GalleryOver, Head, Metric, Normalisation, Role } from "./lib/selection";
import type { TileAddress } from "./lib/tiles";
import type { TokenWords } from "./lib/token_search";
import type { Query } from "./loading";
import type {
  AttentionGallery,
  AttentionWeights,
  BlockStatistics,
  Churn,
  ChurnHistory,
  Cka,
  CkaHistory,
  Cohort,
  CohortDifference,
  CohortHistory,
  CohortStatistics,
  Drift,
  Evaluations,
  Examples,
  Flips,
  Geometry,
  HeadMatching,
  HeadSimilarity,
  Hubness,
  LayerNeighbours,
  Manifest,
  MatrixTile,
  Modality,
  Projection,
  ProjectionTrail,
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

/** Whose samples: a cohort's members at a checkpoint, and the other checkpoint where there is one. */
export type Members = {
  run: string;
  step: number;
  cohort: string;
  other_run?: string;
  other_step?: number;
};

export type Arguments = Record<string, string | number | string[]>;

const base = import.meta.url;

export function runs(): Promise<Runs> {
  return request(address("runs", {}), undefined, "no-store").then((response) => response.json());
}

export function examples(run: string, version: string): Query<Examples> {
  return json("examples", { run }, version);
}

/** The examples on which two checkpoints disagree. */
export function flips(
  [run, step]: readonly [string, number],
  [otherRun, otherStep]: readonly [string, number],
  version: string,
): Query<Flips> {
  return json("flips", { run, step, other_run: otherRun, other_step: otherStep }, version);
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

/** The weights of tokens, averaged, with heads and layers combined. `sinks`: say which keys are sinks. */
export function attention(place: Place, part: AttentionPart, role: Role, sinks: boolean): Query<AttentionWeights> {
  const { block, layers, heads, reduce, positions } = part;
  const given = {
    ...place,
    block: block.name,
    layer: writeNumbers(layers),
    head: heads === "mean" ? heads : writeNumbers(heads),
    [role]: writeNumbers(positions),
    ...(reduce === "max" ? { reduce } : {}),
    ...(sinks && role === "query" ? { sinks: 1 } : {}),
  };
  return binary("attention", given, (message) => ({
    weights: floats(message, "weights"),
    quantisationError: Number(message.header.quantisation_error ?? 0),
    sinks: (message.header.sinks as number[] | undefined) ?? [],
  }));
}

/** The weights of tokens in every head of the part's layer, or of its head in every layer. */
export function attentionGallery(
  place: Place,
  part: AttentionPart,
  role: Role,
  over: GalleryOver,
): Query<AttentionGallery> {
  const { block, layers, heads, positions } = part;
  const head = heads === "mean" ? heads : heads[0];
  const fixed: Arguments = over === "heads" ? { layer: layers[0] } : { head };
  const given = { ...place, block: block.name, over, ...fixed, [role]: writeNumbers(positions) };
  return binary("attention_gallery", given, (message) => {
    const [, tokens] = shape(message, "weights");
    const weights = floats(message, "weights");
    const items = message.header.items as number[];
    return {
      items,
      weights: items.map((_, index) => weights.subarray(index * tokens, (index + 1) * tokens)),
      imageMass: floats(message, "image_mass"),
      targetMass: floats(message, "target_mass"),
      quantisationError: Number(message.header.quantisation_error ?? 0),
    };
  });
}

export function matrixTile(
  place: Place,
  block: string,
  layer: number,
  head: Head,
  { level, keyLevel, row, column }: TileAddress,
): Query<MatrixTile> {
  const where = { level, ...(keyLevel === level ? {} : { key_level: keyLevel }), row, column };
  return binary("matrix", { ...place, block, layer, head, ...where }, (message) => {
    const [rows, columns] = shape(message, "weights");
    return {
      rows,
      columns,
      weights: bytes(message, "weights"),
      logged: bytes(message, "logged"),
      loggedKeys: bytes(message, "logged_keys"),
      counts: "counts" in message.arrays ? integers(message, "counts") : null,
    };
  });
}

/** The first run's points; all of the runs share the fit. It depends on what is logged, hence on `version`. */
export interface ProjectionPlace {
  runs: readonly string[];
  step: number;
  layer: number;
}

export function projection(place: ProjectionPlace, given: Arguments, version: string): Query<Projection> {
  return fitted(address("projection", { ...projectionPlace(place), ...given }), version, (message): Projection => {
    const { header } = message;
    const groups = integers(message, "groups");
    const [count, components] = shape(message, "positions");
    return {
      tags: header.tags as string[],
      sequences: header.sequences as string[],
      modalities: header.modalities as Modality[],
      method: String(header.method),
      components,
      axes: header.axes as string[],
      explainedVariance: header.explained_variance as number[] | null,
      extent: header.extent as [number, number][],
      fittedOn: header.fitted_on as Projection["fittedOn"],
      parameters: header.parameters as Projection["parameters"],
      alignment: String(header.alignment ?? ""),
      count,
      positions: floats(message, "positions"),
      token: integers(message, "token"),
      modality: bytes(message, "modality"),
      groups,
      starts: groupStarts(groups),
    };
  });
}

/** Where tokens of an example lie at every step, or in every layer. */
export function projectionTrail(
  place: ProjectionPlace,
  given: Arguments,
  tokens: { tag: string; sequence: string; tokens: readonly number[] },
  over: "steps" | "layers",
  version: string,
): Query<ProjectionTrail> {
  const which = { tag: tokens.tag, token_sequence: tokens.sequence, token: writeNumbers(tokens.tokens) };
  const asked = { ...projectionPlace(place), ...given, ...which, over };
  return fitted(address("projection_trail", asked), version, (message) => ({
    ...tokens,
    places: message.header.places as number[],
    components: shape(message, "positions")[2],
    positions: floats(message, "positions"),
  }));
}

function projectionPlace({ runs, step, layer }: ProjectionPlace): Arguments {
  return { run: [...runs], step, layer };
}

/** The text of every token of a step. */
export function tokenTexts(run: string, step: number, version: string): Query<TokenWords> {
  return growing("token_texts", { run, step }, version, (message) => {
    const groups = integers(message, "groups");
    return {
      tags: message.header.tags as string[],
      sequences: message.header.sequences as string[],
      words: message.header.words as string[],
      word: integers(message, "word"),
      groups,
      starts: groupStarts(groups),
    };
  });
}

/** Lengths, dimensions and gaps of every layer at every step. */
export function geometry(run: string, sequence: string[], version: string): Query<Geometry> {
  return growing("geometry", { run, sequence }, version, (message) => ({
    measures: message.header.measures as Geometry["measures"],
    steps: message.header.steps as number[],
    layers: message.header.layers as number[],
    values: floats(message, "values"),
    largest: floats(message, "largest"),
    feature: integers(message, "feature"),
    samples: message.header.samples as number[],
    sampled: message.header.sampled as Geometry["sampled"],
  }));
}

/** How alike the layers of the first checkpoint are to those of the second. */
export function cka(
  [run, step]: readonly [string, number],
  [otherRun, otherStep]: readonly [string, number],
  tokens: CkaTokens,
  sequence: string[],
  version: string,
): Query<Cka> {
  const given = { run, step, other_run: otherRun, other_step: otherStep, tokens, sequence };
  return growing("cka", given, version, (message) => ({
    layers: message.header.layers as number[],
    otherLayers: message.header.other_layers as number[],
    cka: floats(message, "cka"),
    biased: floats(message, "cka_biased"),
    points: Number(message.header.points),
    samples: Number(message.header.samples),
    of: Number(message.header.of),
  }));
}

/** How far each layer has moved since the first step, and since the one before. */
export function ckaHistory(run: string, tokens: CkaTokens, sequence: string[], version: string): Query<CkaHistory> {
  return growing("cka_history", { run, tokens, sequence }, version, (message) => ({
    steps: message.header.steps as number[],
    layers: message.header.layers as number[],
    first: floats(message, "first"),
    previous: floats(message, "previous"),
    points: Number(message.header.points),
  }));
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

/** What the output head reads in every layer of an example. */
export function logitLens(place: Place): Query<Lens[]> {
  return binary("logit_lens", { ...place }, (message) =>
    (message.header.sequences as LensHeader[]).map((header, index) => {
      const name = (array: string) => `${index}/${array}`;
      const { answer, words } = header;
      return {
        sequence: header.sequence,
        layers: header.layers,
        positions: header.positions,
        kept: shape(message, name("outputs"))[2],
        outputs: integers(message, name("outputs")),
        probabilities: floats(message, name("probabilities")),
        words: new Map(Object.entries(words).map(([output, word]) => [Number(output), word])),
        settledDepth: integers(message, name("settled_depth")),
        answer: answer && {
          ...answer,
          rank: integers(message, name("answer_rank")),
          probability: floats(message, name("answer_probability")),
          depth: integers(message, name("answer_depth")),
        },
      };
    }),
  );
}

interface LensHeader {
  sequence: string;
  layers: number[];
  positions: number[];
  words: Record<string, string>;
  answer: { output: number; text: string; is: string } | null;
}

/** How the maps of a method changed over the steps that were logged so far. */
export function drift({ run, tag }: Place, method: string, target: string, version: string): Query<Drift> {
  return json("drift", { run, tag, method, ...(target === "" ? {} : { target }) }, version);
}

export function evaluations(run: string, version: string): Query<Evaluations> {
  return json("evaluation", { run }, version);
}

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
