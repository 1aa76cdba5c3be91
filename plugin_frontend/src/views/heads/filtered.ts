/** The heads of the front side, as lists and conditions see them. */

import { changeWanted, historiesOf } from "../../cohorts";
import { FilterError, parseFilter, type Condition } from "../../lib/head_filter";
import { selection } from "../../state";
import { headRows, type HeadRow } from "./rows";
import type { HeadsShown } from "./shown";
import { blocksShown } from "./statistics";

export interface FilteredHeads {
  rows: HeadRow[];
  /** Keys of those that pass; null where no condition is set. */
  passing: Set<string> | null;
  /** What is wrong with the condition, or null. */
  complaint: string | null;
}

/** Without a condition the heads are left out, unless they are `listed` as well. */
export function filteredHeads(shown: HeadsShown, listed = false): FilteredHeads {
  const { filter, second, picked } = selection.value;
  const { front: frame, frames, statistic, change, sides } = shown;
  if (!shown.ready || !frame || !statistic) return { rows: [], passing: null, complaint: null };
  const { condition, complaint } = read(filter, shown);
  if (!condition && !listed) return { rows: [], passing: null, complaint };
  const changes = changeWanted.value ? blocksShown(frames, statistic.name, true, change) : [];
  const histories = historiesOf[sides[0]].value.value;
  const rows = headRows({ frame, statistic: statistic.name, second, changes, histories, picked });
  const passing = condition && new Set(rows.filter((row) => condition(row) === true).map(({ key }) => key));
  return { rows, passing, complaint };
}

function read(filter: string | null, { offered }: HeadsShown): { condition: Condition | null; complaint: string | null } {
  if (filter === null || filter.trim() === "") return { condition: null, complaint: null };
  try {
    return { condition: parseFilter(filter, offered), complaint: null };
  } catch (error) {
    if (error instanceof FilterError) return { condition: null, complaint: error.message };
    throw error;
  }
}
