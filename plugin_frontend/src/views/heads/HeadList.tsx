import { useLayoutEffect, useRef } from "preact/hooks";
import { chooseHead, togglePicked } from "../../actions";
import { changeWanted } from "../../cohorts";
import { Notice, Panel } from "../../elements/Panel";
import { RowWindow } from "../../elements/RowWindow";
import { Select } from "../../elements/Select";
import { headKey } from "../../lib/heads";
import type { Statistic } from "../../schema";
import { select, selection, visibleSides } from "../../state";
import { filteredHeads } from "./filtered";
import { FilterInput, NormalisationPicker, StatisticPicker, statisticOptions } from "./HeadControls";
import { HeadListRow } from "./HeadListRow";
import { readOrder, sorted, writeOrder, type Column, type HeadRow } from "./rows";
import { SamplesNote } from "./Samples";
import { headsShown } from "./shown";

/** All heads as a table, to be sorted and narrowed down. */
export function HeadList() {
  const { filter, oneBlock, block, second, sort } = selection.value;
  const shown = headsShown();
  const { statistic, offered } = shown;
  const heads = filteredHeads(shown, true);
  const order = readOrder(sort);
  const kept = heads.rows.filter((row) => (heads.passing?.has(row.key) ?? true) && (!oneBlock || row.block === block));
  const rows = sorted(kept, order);
  const other = offered.find(({ name }) => name === second);
  const change = changeWanted.value;
  return (
    <Panel
      testId="head-list"
      class="head-list"
      loading={shown.loading}
      error={shown.error}
      onRetry={shown.retry}
      title={statistic && <StatisticPicker offered={offered} chosen={statistic} />}
      aside={
        <label class="check">
          <input
            type="checkbox"
            checked={oneBlock}
            onChange={(event) => select({ oneBlock: (event.target as HTMLInputElement).checked })}
          />
          only the chosen block
        </label>
      }
    >
      {shown.obstacle !== null && <Notice>{shown.obstacle}</Notice>}
      {shown.ready && statistic && (
        <>
          <div class="heads-controls">
            <Select
              label="And"
              labelled
              options={[{ value: "", label: "no second statistic" }, ...statisticOptions(offered)]}
              value={other?.name ?? ""}
              onChoose={(name) => select({ second: name || null })}
            />
            <NormalisationPicker />
            <FilterInput offered={offered} heads={heads} />
          </div>
          <div class="heads-notes">
            <SamplesNote shown={shown} statistic={statistic.name} />
          </div>
          {rows.length === 0 ? (
            <Notice>{filter ? "No head passes the condition." : "No heads were logged."}</Notice>
          ) : (
            <Table rows={rows} statistic={statistic} second={other} change={change} />
          )}
        </>
      )}
    </Panel>
  );
}

const ROW_HEIGHT = 28;

interface TableProps {
  rows: readonly HeadRow[];
  statistic: Statistic;
  second: Statistic | undefined;
  change: boolean;
}

function Table({ rows, statistic, second, change }: TableProps) {
  const { block, layer, head, sort } = selection.value;
  const order = readOrder(sort);
  const [side] = visibleSides.value;
  const chosen =
    block !== null && layer !== null && typeof head === "number" ? headKey(block, { layer, head }) : null;
  const place = rows.findIndex(({ key }) => key === chosen);
  const grid = useRef<HTMLDivElement>(null);
  const follow = useRef(false);
  useLayoutEffect(() => {
    if (follow.current) grid.current?.querySelector<HTMLElement>("[aria-selected=true]")?.focus();
    follow.current = false;
  });
  const columns: [Column, string, string?][] = [
    ["block", "Block"],
    ["layer", "Layer"],
    ["head", "Head"],
    ["value", statistic.title],
    ...(second ? [["second", second.title] as [Column, string]] : []),
    ...(change ? [["change", "B − A", "Sorted by size, whichever the sign"] as [Column, string, string]] : []),
    ["emergence", "Emerges", "Step from which on the head does what it does at the end"],
  ];
  const sortBy = (column: Column) => {
    const largestFirst = column === "value" || column === "second" || column === "change";
    const descending = order?.column === column ? !order.descending : largestFirst;
    select({ sort: writeOrder({ column, descending }) });
  };
  const choose = (row: HeadRow) => chooseHead(row.block, row.layer, row.head);
  const pick = (index: number, through: boolean) => {
    const [from, to] = through && place >= 0 ? [Math.min(place, index), Math.max(place, index)] : [index, index];
    togglePicked(rows.slice(from, to + 1).map(({ key }) => key));
  };
  const move = (event: KeyboardEvent) => {
    const distance = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10, Home: -rows.length, End: rows.length }[event.key];
    const onRow = (event.target as Element).closest("[role=row][tabindex]");
    if (!onRow || event.ctrlKey || event.metaKey || event.altKey) return;
    if (distance === undefined && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    if (distance === undefined) return pick(Number((onRow as HTMLElement).dataset.index), false);
    follow.current = true;
    choose(rows[Math.min(rows.length - 1, Math.max(0, place + distance))]);
  };
  const template = ["1.8rem", "minmax(7rem, 1.3fr)", "3.6rem", "3.6rem", ...columns.slice(3, -1).map(() => "minmax(6rem, 1fr)"), "5.2rem", "minmax(5rem, 1fr)"];
  return (
    <div ref={grid} class="head-table-frame" style={{ "--template": template.join(" ") }}>
      <RowWindow
        class="head-table"
        role="grid"
        aria-label="Heads"
        aria-rowcount={rows.length + 1}
        aria-multiselectable="true"
        count={rows.length}
        rowHeight={ROW_HEIGHT}
        reveal={place}
        onKeyDown={move}
        head={
          <div class="head-row head-names" role="row" aria-rowindex={1}>
            <span role="columnheader" aria-label="Picked" />
            {columns.map(([column, title, explained]) => (
              <span
                key={column}
                role="columnheader"
                aria-sort={order?.column === column ? (order.descending ? "descending" : "ascending") : "none"}
              >
                <button type="button" data-testid={`sort-${column}`} title={explained ?? title} onClick={() => sortBy(column)}>
                  {change && (column === "value" || column === "second") && <b class={`chip ${side}`}>{side.toUpperCase()}</b>}
                  <span>{title}</span>
                  <i aria-hidden="true">{order?.column === column ? (order.descending ? "↓" : "↑") : ""}</i>
                </button>
              </span>
            ))}
            <span role="columnheader">Over steps</span>
          </div>
        }
        renderRow={(index) => (
          <HeadListRow
            key={rows[index].key}
            row={rows[index]}
            index={index}
            statistic={statistic.name}
            second={second !== undefined}
            change={change}
            chosen={index === place}
            reachable={index === Math.max(0, place)}
            onChoose={() => choose(rows[index])}
            onPick={(through) => pick(index, through)}
          />
        )}
      />
    </div>
  );
}
