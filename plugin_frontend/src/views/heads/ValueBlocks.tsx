import { differenceTable, magnitudeTable } from "../../comparison";
import type { CellLook } from "../../elements/HeadRow";
import { formatBlock, formatInterval, formatNumber, formatSigned } from "../../lib/format";
import { headKey } from "../../lib/heads";
import type { Scale } from "../../lib/scale";
import type { Head } from "../../lib/selection";
import { BlockSection } from "./BlockSection";
import { isDefined, type BlockShown, type MatrixShown } from "./statistics";

interface Props {
  blocks: readonly BlockShown[];
  scale: Scale;
  signed: boolean;
  /** Keys of the heads that pass the condition; null where none is set. */
  passing: Set<string> | null;
}

/** The statistic as a number per head, with its interval over samples where it has one. */
export function ValueBlocks({ blocks, scale, signed, passing }: Props) {
  const format = signed ? formatSigned : formatNumber;
  const look = (shown: BlockShown, { values }: MatrixShown) => (line: number, head: Head): CellLook => {
    if (head === "mean") return {};
    const index = line * values.heads + head;
    const hidden = passing !== null && !passing.has(headKey(shown.block.name, { layer: values.layers[line], head }));
    const marked = values.beyondChance?.[index] === 1;
    return {
      detail: intervalOf(values, index, format),
      marked,
      quiet: hidden ? "hidden" : values.beyondChance && !marked ? "quiet" : undefined,
    };
  };
  const told = blocks.filter(saysSomething);
  // Hatched, where there is nothing else to see: heads can be chosen, and what is below stays where it is.
  const visible = told.length > 0 ? told : blocks;
  return (
    <div class="blocks">
      {visible.map((shown) => (
        <BlockSection
          key={shown.block.name}
          block={shown.block}
          obstacle={shown.obstacle}
          matrices={shown.matrices.map((matrix) => ({
            ...matrix,
            named: shown.matrices.length > 1,
            scale,
            table: signed ? differenceTable() : magnitudeTable(false),
            format,
            look: look(shown, matrix),
          }))}
        />
      ))}
    </div>
  );
}

/** "[0.27, 0.35], 18 samples"; empty where the value is not one over samples. */
function intervalOf(values: MatrixShown["values"], index: number, format: (value: number) => string): string {
  const interval = formatInterval(values.low?.[index] ?? NaN, values.high?.[index] ?? NaN, format);
  const count = values.samples?.[index];
  return [interval, count === undefined ? "" : `${count} ${count === 1 ? "sample" : "samples"}`].filter(Boolean).join(", ");
}

export function saysSomething({ matrices, ...shown }: BlockShown): boolean {
  return shown.obstacle !== null || matrices.some(({ values }) => isDefined(values));
}

export function NotDefined({ blocks }: { blocks: readonly BlockShown[] }) {
  if (blocks.length === 0) return null;
  const names = blocks.map(({ block }) => formatBlock(block.name)).join(", ");
  return (
    <p class="not-defined" data-testid="not-defined">
      <i class="swatch hatched" /> Not defined for {names}.
    </p>
  );
}
