/** Projections of hidden states, and what their points stand for. */

import { fitted } from "../jobs";
import { writeNumbers } from "../lib/number_set";
import { groupStarts } from "../lib/points";
import type { TokenWords } from "../lib/token_search";
import { bytes, floats, integers, shape } from "../lib/wire";
import type { Query } from "../loading";
import type { Modality, Projection, ProjectionTrail } from "../schema";
import { address, type Arguments, growing } from "./requests";

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
