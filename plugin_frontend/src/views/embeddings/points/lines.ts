/** The lines that the plot of a side shows, and the words at their ends. */

import { useMemo } from "preact/hooks";
import { manifestOf } from "../../../data";
import { coloursShown, nearestOf, trailsOf } from "../../../embedding_points";
import { findSequence } from "../../../lib/blocks";
import { formatCount, formatPlace, formatStep, formatToken } from "../../../lib/format";
import { codeOnScale } from "../../../lib/point_colours";
import { changeLines, linesBetween, MOST_LINES, packed, trailLabels, trailLines, type Line } from "../../../lib/point_trails";
import { findPoint } from "../../../lib/points";
import { POINT, type PlaceLabel, type ScatterTrails } from "../../../lib/scatter";
import type { Side } from "../../../lib/selection";
import type { Projection } from "../../../schema";
import { selection } from "../../../state";
import { chosenPoint } from "../../../point_actions";

export interface Lines {
  trails: ScatterTrails | null;
  labels: readonly PlaceLabel[];
  /** What is left out. */
  note: string | null;
}

const NO_LABELS: readonly PlaceLabel[] = [];

/** `place`: the step or the layer that the plot shows. */
export function useLines(
  side: Side,
  projection: Projection,
  before: Projection | null,
  codes: Uint8Array,
  states: Uint8Array,
  place: number | null,
): Lines {
  const { trails: over, colourBy } = selection.value;
  const scale = colourBy === (over === "layers" ? "layer" : "step") ? (coloursShown.value?.scale ?? null) : null;
  const trails = trailsOf[side].value.value;
  const nearest = nearestOf[side].value.value;
  const manifest = manifestOf[side].value.value;
  const chosen = chosenPoint(side);
  return useMemo(() => {
    const { components } = projection;
    const found = trails?.every((trail) => trail.components === components) ? trails : [];
    const change = before?.components === components ? changeLines(before, projection, codes, states, POINT.EMPHASISED, POINT.HIDDEN) : null;
    const lines: Line[] = [...(change?.lines ?? []), ...trailLines(found, projection, codes, scale && ((at) => codeOnScale(at, scale)))];
    if (nearest && chosen >= 0) {
      const others = nearest.neighbours.map((neighbour) => findPoint(projection, neighbour)).filter((point) => point >= 0);
      lines.push(...linesBetween(projection, chosen, others, codes));
    }
    const names = over === "layers" ? (layer: number) => `layer ${layer}` : (step: number) => `step ${formatStep(step)}`;
    const labels = trailLabels(
      found,
      ({ sequence }, token) => {
        const known = manifest && findSequence(manifest, sequence);
        if (!known) return `${sequence} ${token}`;
        return known.boxes[token] ? formatPlace(known.tokens[token]) : formatToken(known.tokens[token]);
      },
      names,
    );
    const current = found[0]?.places.indexOf(place ?? NaN) ?? -1;
    const note = change && change.of > change.lines.length ? `Lines of ${formatCount(MOST_LINES)} of ${formatCount(change.of)} points.` : null;
    return { trails: packed(lines, components, current), labels: labels.length > 0 ? labels : NO_LABELS, note };
  }, [trails, nearest, manifest, chosen, projection, before, codes, states, place, over, scale]);
}
