/** What the matrices show: one statistic of every block, of one side or as a difference. */

import type { HeadValues } from "../../elements/HeadMatrix";
import type { ChangeFrame } from "../../cohorts";
import type { StatisticsFrame } from "../../frames";
import { blockMismatch, difference } from "../../lib/difference";
import { divergingScale, sequentialScale, type Scale } from "../../lib/scale";
import type { Side } from "../../lib/selection";
import type { AttentionBlock, BlockStatistics, Statistic } from "../../schema";

/** One matrix. */
export interface MatrixShown {
  /** Which side it is of; both for a difference. */
  side: Side | "both";
  values: HeadValues;
}

export interface BlockShown {
  block: AttentionBlock;
  matrices: MatrixShown[];
  /** Why there is no matrix, or null. */
  obstacle: string | null;
}

type Frames = Partial<Record<Side, StatisticsFrame>>;

/** All statistics of all blocks, each once. */
export function statisticsOffered(frame: StatisticsFrame): Statistic[] {
  const offered = new Map<string, Statistic>();
  for (const { statistics } of frame.manifest.attention) {
    for (const statistic of statistics) {
      if (!offered.has(statistic.name)) offered.set(statistic.name, statistic);
    }
  }
  return [...offered.values()];
}

/** The statistic of that name, else the first one. */
export function offeredStatistic(frame: StatisticsFrame, name: string | null): Statistic | undefined {
  const offered = statisticsOffered(frame);
  return offered.find((statistic) => statistic.name === name) ?? offered[0];
}

/**
 * The matrices of every block; `frames` holds the sides to be shown. A difference is that of the two
 * frames or, over samples, what was found for their pairs: `change`.
 */
export function blocksShown(
  frames: Frames,
  statistic: string,
  asDifference: boolean,
  change: ChangeFrame | null = null,
): BlockShown[] {
  const front = frames.a ?? frames.b;
  if (!front) return [];
  // While the next example loads, one side may be ahead of the other.
  if (asDifference && frames.a?.manifest.tag !== frames.b?.manifest.tag) return [];
  return front.manifest.attention.map((block) => {
    const sides = (["a", "b"] as const).flatMap((side) => {
      const frame = frames[side];
      const values = frame && headValues(frame, block.name, statistic);
      return values ? [{ side, values }] : [];
    });
    if (!asDifference) {
      return { block, matrices: sides, obstacle: sides.length === 0 ? "Not computed for this block." : null };
    }
    const other = frames.b?.manifest.attention.find(({ name }) => name === block.name);
    const obstacle = blockMismatch(block, other);
    if (obstacle !== null || sides.length < 2) {
      return { block, matrices: [], obstacle: obstacle ?? "Not computed for both A and B." };
    }
    const [a, b] = sides.map(({ values }) => values);
    const values = change ? changeOf(change, block, statistic) : subtracted(b, a);
    if (!values) return { block, matrices: [], obstacle: "Not compared over the samples." };
    return { block, matrices: [{ side: "both", values }], obstacle: null };
  });
}

/** B - A over the samples of a cohort, or null where the block was not compared. */
function changeOf({ manifest, blocks }: ChangeFrame, block: AttentionBlock, statistic: string): HeadValues | null {
  const found = blocks[manifest.attention.findIndex(({ name }) => name === block.name)];
  const values = found && slice(found, statistic);
  return values ? { layers: block.layers, heads: found.heads, ...values } : null;
}

function subtracted(b: HeadValues, a: HeadValues): HeadValues {
  const { layers, heads } = a;
  return {
    layers,
    heads,
    values: difference(b.values, a.values),
    layerMean: difference(b.layerMean, a.layerMean),
  };
}

/** One scale for all matrices on the page. */
export function commonScale(blocks: readonly BlockShown[], aroundZero: boolean): Scale {
  const arrays = blocks.flatMap(({ matrices }) => matrices.map(({ values }) => values.values));
  return aroundZero ? divergingScale(arrays) : sequentialScale(arrays);
}

/** Whether any head has a value. */
export function isDefined({ values }: HeadValues): boolean {
  return values.some((value) => !Number.isNaN(value));
}

/** The values of one statistic of a block, or null where it was not computed. */
export function headValues(frame: StatisticsFrame, name: string, statistic: string): HeadValues | null {
  const index = frame.manifest.attention.findIndex((block) => block.name === name);
  const statistics = frame.blocks[index];
  const values = statistics && slice(statistics, statistic);
  return values ? { layers: frame.manifest.attention[index].layers, heads: statistics.heads, ...values } : null;
}

function slice(block: BlockStatistics, name: string): Omit<HeadValues, "layers" | "heads"> | null {
  const place = block.statistics.indexOf(name);
  if (place < 0) return null;
  const [from, to] = [place * block.layers * block.heads, (place + 1) * block.layers * block.heads];
  return {
    values: block.values.subarray(from, to),
    layerMean: block.layerMean.subarray(place * block.layers, (place + 1) * block.layers),
    low: block.low?.subarray(from, to),
    high: block.high?.subarray(from, to),
    samples: block.samples?.subarray(from, to),
    beyondChance: block.beyondChance?.subarray(from, to),
  };
}
