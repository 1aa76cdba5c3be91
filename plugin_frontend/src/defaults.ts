/** Fill in what the user has not chosen, as soon as the data say what there is to choose. */

import { effect } from "@preact/signals";
import { examplesOf, runOf, runs, wantedStepOf } from "./catalogue";
import { statisticsOf } from "./data";
import type { StatisticsFrame } from "./frames";
import { startToken } from "./lib/blocks";
import type { Side } from "./lib/selection";
import { live, select, selection } from "./state";

/** What to begin with: the first of these that tells heads apart, and the head where it is largest. */
const TELLING_STATISTICS = ["mass_text_to_image", "target_share", "hoyer", "max_weight"];

const SAME_WITHIN = 0.001;

export function fillDefaults(): void {
  effect(chooseRuns);
  effect(chooseExample);
  effect(chooseHead);
  followLastStep("a");
  followLastStep("b");
}

function chooseRuns(): void {
  const known = runs.value?.runs ?? [];
  if (known.length === 0) return;
  const names = known.map(({ run }) => run);
  const first = (known.find(({ tags }) => tags > 0) ?? known[0]).run;
  const { runA, runB } = selection.value;
  if (runA === null || !names.includes(runA)) select({ runA: first });
  if (runB !== null && !names.includes(runB)) select({ runB: null, stepB: null, mode: "a" });
  if (runB === null && selection.peek().mode !== "a") select({ mode: "a" });
}

function chooseExample(): void {
  const index = examplesOf.a.value.value;
  if (!index?.examples.length || index.run !== runOf.a.value) return;
  const { tag } = selection.value;
  if (!index.examples.some((example) => example.tag === tag)) {
    select({ tag: index.examples[0].tag, sequence: null, tokens: [] });
  }
}

function chooseHead(): void {
  const frame = statisticsOf.a.value.value;
  if (!frame || frame.manifest.attention.length === 0) return;
  const { block, layer, head, statistic, sequence, tokens, role } = selection.value;
  const { attention } = frame.manifest;
  const known = attention.find(({ name }) => name === block);
  const strongest = strongestHead(frame);
  const names = attention.flatMap(({ statistics }) => statistics.map(({ name }) => name));
  const counted = statistic !== null && names.includes(statistic) ? statistic : strongest.statistic;
  if (counted !== statistic) select({ statistic: counted });
  if (!known) {
    const its = attention.find(({ name }) => name === strongest.block)!;
    const start = sequence === null || tokens.length === 0 ? startToken(frame.manifest, its, role) : {};
    select({ ...strongest, statistic: counted, ...start });
  } else if (layer === null || !known.layers.includes(layer)) {
    select({ layer: known.layers.at(-1) });
  } else if (head === null || (head !== "mean" && head >= known.heads)) {
    select({ head: "mean" });
  } else if (sequence === null || tokens.length === 0) {
    select(startToken(frame.manifest, known, role));
  }
}

export interface HeadChoice {
  statistic: string | null;
  block: string;
  layer: number;
  head: number;
}

/**
 * The head with most attention from text to image. Where that is the same for all heads (each row of
 * a cross-attention sums to one), the next telling statistic decides; at last the last layer.
 */
export function strongestHead({ manifest, blocks }: StatisticsFrame): HeadChoice {
  for (const statistic of TELLING_STATISTICS) {
    let best: HeadChoice | null = null;
    let [least, most] = [Infinity, -Infinity];
    blocks.forEach(({ statistics, layers, heads, values }, index) => {
      const place = statistics.indexOf(statistic);
      if (place < 0) return;
      const { name, layers: numbers } = manifest.attention[index];
      for (let cell = 0; cell < layers * heads; cell++) {
        const value = values[place * layers * heads + cell];
        if (value < least) least = value;
        if (!(value > most)) continue;
        most = value;
        best = { statistic, block: name, layer: numbers[Math.floor(cell / heads)], head: cell % heads };
      }
    });
    if (best && most - least > SAME_WITHIN * Math.abs(most)) return best;
  }
  const [first] = manifest.attention;
  return {
    statistic: first.statistics[0]?.name ?? null,
    block: first.name,
    layer: first.layers[first.layers.length - 1],
    head: 0,
  };
}

/** Choose the last step at first; who stands on it goes along when a later one is logged. */
function followLastStep(side: Side): void {
  let known: { run: string; last: number } | null = null;
  effect(() => {
    const index = examplesOf[side].value.value;
    if (!index?.steps.length || index.run !== runOf[side].value) return;
    const last = index.steps[index.steps.length - 1];
    const wanted = wantedStepOf[side].peek();
    const stoodOnLast = live.peek() && known?.run === index.run && wanted === known.last;
    if (wanted === null || (stoodOnLast && last !== wanted)) {
      select(side === "a" ? { stepA: last } : { stepB: last });
    }
    known = { run: index.run, last };
  });
}

