/** What is known of every head, block by block: what lists show and conditions ask for. */

import type { Histories } from "../../cohorts";
import type { StatisticsFrame } from "../../frames";
import type { HeadFacts } from "../../lib/head_filter";
import { headKey } from "../../lib/heads";
import type { CohortHistory } from "../../schema";
import { emergenceOf } from "./history";
import { headValues, type BlockShown } from "./statistics";

export interface HeadRow extends HeadFacts {
  key: string;
  layerIndex: number;
  /** Of the statistic shown, and of the second one. */
  value: number;
  second: number;
  /** Over the steps, where that is known. */
  history: CohortHistory | null;
}

export const COLUMNS = ["block", "layer", "head", "value", "second", "change", "emergence"] as const;
export type Column = (typeof COLUMNS)[number];

interface Sources {
  frame: StatisticsFrame;
  statistic: string;
  second: string | null;
  /** B - A of the statistic, where two checkpoints are compared. */
  changes: readonly BlockShown[];
  histories: Histories | null;
  picked: readonly string[];
}

/** Every head of every block, in their order. */
export function headRows({ frame, statistic, second, changes, histories, picked }: Sources): HeadRow[] {
  const eyed = new Set(picked);
  return frame.manifest.attention.flatMap((block) => {
    const valuesOf = (name: string) => headValues(frame, block.name, name)?.values;
    const [values, seconds] = [valuesOf(statistic), second === null ? undefined : valuesOf(second)];
    const change = changes.find((shown) => shown.block.name === block.name)?.matrices[0]?.values;
    const history = (histories?.statistic === statistic && histories.blocks.get(block.name)) || null;
    return block.layers.flatMap((layer, layerIndex) =>
      Array.from({ length: block.heads }, (_, head): HeadRow => {
        const index = layerIndex * block.heads + head;
        const key = headKey(block.name, { layer, head });
        return {
          key,
          block: block.name,
          layer,
          layerIndex,
          head,
          value: values?.[index] ?? NaN,
          second: seconds?.[index] ?? NaN,
          change: change?.values[index] ?? NaN,
          beyondChance: change?.beyondChance ? change.beyondChance[index] === 1 : null,
          emergence: (history && emergenceOf(history, statistic, layerIndex, head)) ?? NaN,
          history,
          picked: eyed.has(key),
          statistic: (name) => valuesOf(name)?.[index] ?? NaN,
        };
      }),
    );
  });
}

export interface SortOrder {
  column: Column;
  descending: boolean;
}

/** From the link: a column, with a minus before it where the largest comes first. */
export function readOrder(sort: string | null): SortOrder | null {
  const [, minus, name] = /^(-?)(\w+)$/.exec(sort ?? "") ?? [];
  const column = COLUMNS.find((known) => known === name);
  return column ? { column, descending: minus === "-" } : null;
}

export function writeOrder({ column, descending }: SortOrder): string {
  return `${descending ? "-" : ""}${column}`;
}

/** Sorted by a column, changes by their size; what is not defined comes last, equals keep their order. */
export function sorted(rows: readonly HeadRow[], order: SortOrder | null): HeadRow[] {
  if (!order) return [...rows];
  const { column, descending } = order;
  const sign = descending ? -1 : 1;
  return [...rows].sort((first, second) => {
    if (column === "block") return sign * first.block.localeCompare(second.block);
    const [one, other] = [sizeIn(first, column), sizeIn(second, column)];
    if (Number.isNaN(one) || Number.isNaN(other)) return Number(Number.isNaN(one)) - Number(Number.isNaN(other));
    return sign * (one - other);
  });
}

function sizeIn(row: HeadRow, column: Exclude<Column, "block">): number {
  return column === "change" ? Math.abs(row.change) : row[column];
}
