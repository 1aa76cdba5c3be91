/** Named states of the points: all that a link says of them, under a name. */

import type { Parameters } from "./address";

/** What of a link belongs to a bookmark: not run, step and view, which are chosen for themselves. */
const KEPT = [
  "depth", "axes", "projection", "3d", "basis", "pooled", "align", "seed", "perplexity", "nearest", "min_distance",
  "directions", "colour", "off", "find", "lasso", "isolated", "hidden", "trails", "trails_of_example", "thumbnails",
  "neighbour_lines", "camera", "tag", "sequence", "token",
] as const;

export interface Bookmark {
  name: string;
  parameters: Parameters;
}

/** The bookmark of a state, and the text that it is kept as. */
export function writeBookmark(name: string, parameters: Parameters): string {
  const kept = KEPT.filter((parameter) => parameters[parameter] !== undefined);
  const query = kept.map((parameter) => `${parameter}=${encodeURIComponent(parameters[parameter])}`).join("&");
  return `${encodeURIComponent(name)}?${query}`;
}

/** What {@link writeBookmark} wrote; null where that is garbled. */
export function readBookmark(written: string): Bookmark | null {
  const [, name, query] = /^([^?]+)\?(.*)$/s.exec(written) ?? [];
  if (name === undefined) return null;
  try {
    const parameters: Parameters = {};
    for (const part of query.split("&").filter(Boolean)) {
      const [parameter, value] = part.split("=");
      if ((KEPT as readonly string[]).includes(parameter)) parameters[parameter] = decodeURIComponent(value);
    }
    return { name: decodeURIComponent(name), parameters };
  } catch {
    return null;
  }
}

/** A link's parameters with those of the bookmark in the place of theirs. */
export function atBookmark(current: Parameters, { parameters }: Bookmark): Parameters {
  const others = Object.entries(current).filter(([parameter]) => !(KEPT as readonly string[]).includes(parameter));
  return { ...Object.fromEntries(others), ...parameters };
}

/** Both lists; of bookmarks with the same name the first one's. */
export function unitedBookmarks(first: readonly string[], second: readonly string[]): readonly string[] {
  const names = new Set(first.map((written) => written.split("?")[0]));
  return [...first, ...second.filter((written) => !names.has(written.split("?")[0]))];
}
