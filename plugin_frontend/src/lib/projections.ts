/** What a projection is made with, from the selection to the parameters of the route `projection`. */

import type { Alignment, ProjectionMethod, Selection } from "./selection";

/** What the parameters are where nothing else is chosen, as the server has them. */
export const USUAL = { seed: 0, perplexity: 30, nearest: 15, minDistance: 0.1 };

export const METHOD_TITLES: Record<ProjectionMethod, string> = {
  pca: "PCA",
  tsne: "t-SNE",
  umap: "UMAP",
  axes: "own axes",
};

/** Fits that take a while: the server works on them in the background. */
export function takesLong(method: ProjectionMethod): boolean {
  return method === "tsne" || method === "umap";
}

/** How fits can be made comparable: steps from the one before only where positions are sought step by step. */
export function alignmentsOf(method: ProjectionMethod, runs: number): Alignment[] {
  const between: Alignment[] = runs > 1 && method !== "axes" ? ["procrustes"] : [];
  return takesLong(method) ? ["joint", "previous", ...between] : ["joint", ...between];
}

type Wanted = Pick<
  Selection,
  "projection" | "inSpace" | "basis" | "pooled" | "alignment" | "seed" | "perplexity" | "nearest" | "minDistance" | "runA" | "runB"
>;

/** The server's parameters, but those that are as usual; null where an axis is missing. */
export function projectionArguments(wanted: Wanted, directions: readonly string[]): Record<string, string | number> | null {
  const { projection: method, inSpace, basis, pooled, alignment, seed, perplexity, nearest, minDistance } = wanted;
  const given: Record<string, string | number> = {};
  const runs = new Set([wanted.runA, wanted.runB].filter((run) => run !== null)).size;
  if (method !== "pca") given.method = method;
  if (basis !== "layer") given.basis = basis;
  if (pooled) given.points = "pooled";
  if (alignment !== "joint" && alignmentsOf(method, runs).includes(alignment)) given.align = alignment;
  if (takesLong(method)) {
    if (inSpace) given.components = 3;
    if ((seed ?? USUAL.seed) !== USUAL.seed) given.seed = seed!;
  }
  if (method === "tsne" && perplexity !== null && perplexity !== USUAL.perplexity) given.perplexity = perplexity;
  if (method === "umap") {
    if (nearest !== null && nearest !== USUAL.nearest) given.neighbours = nearest;
    if (minDistance !== null && minDistance !== USUAL.minDistance) given.min_distance = minDistance;
  }
  if (method === "axes") {
    const names = inSpace ? ["x", "y", "z"] : ["x", "y"];
    if (directions.length < names.length) return null;
    names.forEach((name, axis) => (given[name] = directions[axis]));
  }
  return given;
}

/** Which components lie on the axes: the chosen two of a plane, all three of a space. */
export function componentsShown(
  { projection, inSpace, axes }: Pick<Selection, "projection" | "inSpace" | "axes">,
  components: number,
): readonly number[] {
  if (inSpace && components > 2) return [0, 1, 2];
  return projection === "pca" && components > 2 ? axes : [0, 1];
}
