/** A small projection for tests: examples by sequences, with the tokens of each. */

import { groupStarts } from "../../src/lib/points";
import type { Modality, Projection } from "../../src/schema";

type Group = readonly [tag: string, sequence: string, tokens: readonly number[], modality: Modality];

const MODALITIES: Modality[] = ["image", "text", "special"];

/** Points in a plane: the first at (0, 0), the second at (1, 10), the third at (2, 20). */
export function projected(groups: readonly Group[]): Projection {
  const tags = [...new Set(groups.map(([tag]) => tag))];
  const sequences = [...new Set(groups.map(([, sequence]) => sequence))];
  const token = Int32Array.from(groups.flatMap(([, , tokens]) => tokens));
  const written = Int32Array.from(
    groups.flatMap(([tag, sequence, tokens]) => [tags.indexOf(tag), sequences.indexOf(sequence), tokens.length]),
  );
  return {
    tags,
    sequences,
    modalities: MODALITIES,
    method: "tsne",
    components: 2,
    axes: ["t-SNE 1", "t-SNE 2"],
    explainedVariance: null,
    extent: [[0, token.length], [0, 10 * token.length]],
    fittedOn: { points: token.length, of: token.length, sampled: false, steps: 1, runs: ["run"], layers: [0] },
    parameters: {},
    alignment: "",
    count: token.length,
    positions: Float32Array.from({ length: 2 * token.length }, (_, index) => (index % 2 ? 10 : 1) * (index >> 1)),
    token,
    modality: Uint8Array.from(groups.flatMap(([, , tokens, modality]) => tokens.map(() => MODALITIES.indexOf(modality)))),
    groups: written,
    starts: groupStarts(written),
  };
}
