/** Relevancy maps and what was measured of them. */

import { floats } from "../lib/wire";
import type { Query } from "../loading";
import type { Drift, Evaluations, RelevancyScores } from "../schema";
import { binary, json, type Place } from "./requests";

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
