/** Which sequences' hidden states lie in one space. */

import type { Manifest } from "../schema";

/**
 * The sequences of each space, in the order logged: those of one width that attend to each other,
 * directly or through others. A vision tower and the decoder behind it have spaces of their own.
 */
export function streamsOf({ attention, hidden_states }: Manifest): string[][] {
  const met = new Map(hidden_states.map(({ sequence, features }) => [sequence, { features, others: new Set([sequence]) }]));
  for (const _ of attention) {
    for (const { query, key } of attention) {
      for (const { others } of met.values()) if (others.has(query) || others.has(key)) others.add(query).add(key);
    }
  }
  const streams: string[][] = [];
  for (const [name, { features, others }] of met) {
    const stream = streams.find(([first]) => others.has(first) && met.get(first)!.features === features);
    if (stream) stream.push(name);
    else streams.push([name]);
  }
  return streams;
}

/** The stream that the name says by its first sequence; else the first with tokens of both modalities, else the first. */
export function chosenStream(manifest: Manifest, name: string | null): string[] {
  const streams = streamsOf(manifest);
  const holds = (stream: readonly string[], modality: string) =>
    manifest.sequences.some((sequence) => stream.includes(sequence.name) && sequence.modality.some((one) => one === modality));
  return (
    streams.find(([first]) => first === name) ??
    streams.find((stream) => holds(stream, "text") && holds(stream, "image")) ??
    streams[0] ??
    []
  );
}
