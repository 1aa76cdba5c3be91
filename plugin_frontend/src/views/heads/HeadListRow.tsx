import { stepOf } from "../../catalogue";
import { Sparkline } from "../../elements/Sparkline";
import { formatBlock, formatNumber, formatSigned, formatStep } from "../../lib/format";
import { sequentialScale } from "../../lib/scale";
import { selection, visibleSides } from "../../state";
import { headOverSteps, historyRange } from "./history";
import { isNormalised } from "./shown";
import type { HeadRow } from "./rows";

interface Props {
  row: HeadRow;
  index: number;
  statistic: string;
  second: boolean;
  change: boolean;
  chosen: boolean;
  /** By Tab. */
  reachable: boolean;
  onChoose(): void;
  onPick(through: boolean): void;
}

export function HeadListRow({ row, index, statistic, second, change, chosen, reachable, onChoose, onPick }: Props) {
  const [side] = visibleSides.value;
  const format = isNormalised() ? formatSigned : formatNumber;
  const cell = (value: number, write = format, otherwise = "not defined") => (
    <span role="gridcell" class={Number.isNaN(value) ? "number muted" : "number"} title={Number.isNaN(value) ? otherwise : undefined}>
      {Number.isNaN(value) ? "–" : write(value)}
    </span>
  );
  const emergesNever = selection.value.cohort === null ? "One example does not tell: choose samples" : "does not emerge";
  const over = row.history && headOverSteps(row.history, statistic, row.layerIndex, row.head);
  return (
    <div
      class="head-row"
      role="row"
      aria-rowindex={index + 2}
      aria-selected={chosen}
      tabIndex={reachable ? 0 : -1}
      data-index={index}
      data-key={row.key}
      onClick={(event) => (event.shiftKey || event.ctrlKey || event.metaKey ? onPick(event.shiftKey) : onChoose())}
    >
      <span role="gridcell">
        <input
          type="checkbox"
          tabIndex={-1}
          checked={row.picked}
          aria-label={`Pick ${formatBlock(row.block)}, layer ${row.layer}, head ${row.head}`}
          onClick={(event) => {
            event.stopPropagation();
            onPick(event.shiftKey);
          }}
        />
      </span>
      <span role="gridcell" class="name" title={formatBlock(row.block)}>
        {formatBlock(row.block)}
      </span>
      {cell(row.layer, String)}
      {cell(row.head, String)}
      {cell(row.value)}
      {second && cell(row.second)}
      {change && (
        <span role="gridcell" class={`number ${row.beyondChance === false ? "muted" : ""}`}>
          {Number.isNaN(row.change) ? "–" : formatSigned(row.change)}
          {row.beyondChance && <i class="corner" role="img" aria-label="beyond chance" title="beyond chance" />}
        </span>
      )}
      {cell(row.emergence, formatStep, emergesNever)}
      <span role="gridcell" class="over" aria-label="over the steps">
        {over && row.history && (
          <Sparkline
            {...over}
            scale={sequentialScale([historyRange(row.history, statistic) ?? []])}
            at={stepOf[side].value}
            since={Number.isNaN(row.emergence) ? null : row.emergence}
            kind={side}
          />
        )}
      </span>
    </div>
  );
}
