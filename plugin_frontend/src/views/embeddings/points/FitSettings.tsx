/** What the fit is made with, each with a sentence on what it does. */

import { runOf } from "../../../catalogue";
import { NumberField } from "../../../elements/NumberField";
import { Popover } from "../../../elements/Popover";
import { alignmentsOf, takesLong, USUAL } from "../../../lib/projections";
import type { Alignment } from "../../../lib/selection";
import { select, selection } from "../../../state";

const ALIGNMENT_NOTES: Record<Alignment, [string, string]> = {
  joint: ["One fit", "All steps are fitted together, so that what did not change stays where it is."],
  previous: ["Step by step", "Each step is fitted by itself and starts from where the points lay a step before."],
  procrustes: ["Turned onto each other", "Each run is fitted by itself; B is then turned and scaled onto A. Directions carry over, distances only roughly."],
};

export function FitSettings() {
  const { projection, alignment, perplexity, nearest, minDistance, seed } = selection.value;
  const runs = new Set([runOf.a.value, runOf.b.value].filter((run) => run !== null)).size;
  const alignments = alignmentsOf(projection, runs);
  const long = takesLong(projection);
  if (!long && alignments.length < 2) return null;
  const chosen = alignments.includes(alignment) ? alignment : "joint";
  return (
    <Popover label="settings" name="Settings of the fit" testId="fit-settings" title="Parameters and alignment">
      {() => (
        <div class="fit-settings">
          {alignments.length > 1 && (
            <fieldset>
              <legend>Alignment</legend>
              {alignments.map((value) => (
                <label key={value} class="choice">
                  <input
                    type="radio"
                    name="alignment"
                    value={value}
                    checked={value === chosen}
                    onChange={() => select({ alignment: value })}
                  />
                  <span>
                    {ALIGNMENT_NOTES[value][0]}
                    <small class="muted">{ALIGNMENT_NOTES[value][1]}</small>
                  </span>
                </label>
              ))}
            </fieldset>
          )}
          {projection === "tsne" && (
            <div>
              <NumberField
                label="Perplexity"
                testId="perplexity"
                value={perplexity ?? USUAL.perplexity}
                least={2}
                most={500}
                step={1}
                onChange={(value) => select({ perplexity: value })}
              />
              <p class="muted">How many neighbours a point has, roughly. Small: many small groups; large: the large picture.</p>
            </div>
          )}
          {projection === "umap" && (
            <>
              <div>
                <NumberField
                  label="Neighbours"
                  testId="umap-neighbours"
                  value={nearest ?? USUAL.nearest}
                  least={2}
                  most={500}
                  step={1}
                  onChange={(value) => select({ nearest: Math.round(value) })}
                />
                <p class="muted">How many neighbours hold a point. Small: fine structure; large: the large picture.</p>
              </div>
              <div>
                <NumberField
                  label="Least distance"
                  testId="min-distance"
                  value={minDistance ?? USUAL.minDistance}
                  least={0}
                  most={1}
                  step={0.05}
                  onChange={(value) => select({ minDistance: value })}
                />
                <p class="muted">How close points may lie. Small: tight groups; large: an even spread.</p>
              </div>
            </>
          )}
          {long && (
            <div>
              <NumberField
                label="Seed"
                testId="seed"
                value={seed ?? USUAL.seed}
                least={0}
                most={4_294_967_295}
                step={1}
                onChange={(value) => select({ seed: Math.round(value) })}
              />
              <p class="muted">Where the fit starts. What looks different with another seed is not in the data.</p>
            </div>
          )}
        </div>
      )}
    </Popover>
  );
}
