import { useState } from "preact/hooks";
import { chooseHead } from "../../actions";
import { CellMatrix } from "../../elements/CellMatrix";
import { Legend } from "../../elements/Legend";
import { Panel } from "../../elements/Panel";
import { Segmented } from "../../elements/Segmented";
import { matching } from "../../head_panels";
import { viridis } from "../../lib/colour";
import { formatBlock, formatCount, formatNumber } from "../../lib/format";
import { headName } from "../../lib/heads";
import { sequentialScale } from "../../lib/scale";
import { segments } from "../../lib/segments";
import { select, selection, visibleSides } from "../../state";
import { matches, matchesByLayer, type Match } from "./similarity";

/** Which head of B does what a head of A does, whatever its number. */
export function Matching() {
  const { runB, matched } = selection.value;
  if (visibleSides.value.length < 2) {
    return (
      <p class="muted" data-testid="matching-hint">
        {runB === null
          ? "With a second run or step as B, heads of A are matched with those of B."
          : "Show A and B side by side to match their heads."}
      </p>
    );
  }
  const found = matching.value.value;
  const all = found ? matches(found) : [];
  const same = all.filter(({ head, other }) => headName(head) === headName(other)).length;
  return (
    <Panel
      class="matching"
      testId="matching"
      title="Heads of A and their matches in B"
      loading={matching.loading.value}
      error={matching.error.value}
      onRetry={matching.retry}
      aside={
        <Segmented
          name="Head of B in the pictures"
          value={matched ? "matched" : "same"}
          choices={[
            { value: "same", label: "same number", title: "Above, compare with B's head of the same number" },
            { value: "matched", label: "match", title: "Above, compare with B's head that matches" },
          ]}
          onChoose={(value) => select({ matched: value === "matched" })}
        />
      }
    >
      {found && (
        <>
          <p class="description">
            Each head of A has one of B, so that the divergences sum to the least possible. {same} of {all.length} match
            the head of the same number. Mean over {formatCount(found.rows)} rows of {found.samples}{" "}
            {found.samples === 1 ? "sample" : "samples"}.
          </p>
          <div class="similarity">
            <MatchTable all={all} block={found.block} />
            <Layers all={all} block={found.block} />
          </div>
        </>
      )}
    </Panel>
  );
}

const COLUMNS = [
  { name: "head of A", of: ({ head }: Match) => 1e4 * head.layer + head.head },
  { name: "head of B", of: ({ other }: Match) => 1e4 * other.layer + other.head },
  { name: "divergence", of: ({ divergence }: Match) => divergence },
  { name: "to same number", of: ({ identity }: Match) => identity },
] as const;

function MatchTable({ all, block }: { all: readonly Match[]; block: string }) {
  const { layer, head: chosen } = selection.value;
  const [sort, setSort] = useState({ column: 2, descending: false });
  const { of } = COLUMNS[sort.column];
  const sorted = [...all].sort((first, second) => (sort.descending ? of(second) - of(first) : of(first) - of(second)));
  return (
    <div class="match-table">
      <table>
        <thead>
          <tr>
            {COLUMNS.map(({ name }, column) => {
              const here = sort.column === column;
              return (
                <th key={name} scope="col" aria-sort={!here ? "none" : sort.descending ? "descending" : "ascending"}>
                  <button type="button" onClick={() => setSort({ column, descending: here && !sort.descending })}>
                    {name} <i aria-hidden="true">{here ? (sort.descending ? "▾" : "▴") : ""}</i>
                  </button>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {sorted.map(({ head, other, divergence, identity }) => (
            <tr
              key={headName(head)}
              aria-selected={head.layer === layer && head.head === chosen}
              data-moved={headName(head) !== headName(other)}
              onClick={() => chooseHead(block, head.layer, head.head)}
            >
              <td>
                <button type="button" onClick={() => chooseHead(block, head.layer, head.head)}>
                  layer {head.layer}, head {head.head}
                </button>
              </td>
              <td>
                layer {other.layer}, head {other.head}
              </td>
              <td class="number">{formatNumber(divergence)}</td>
              <td class="number">{formatNumber(identity)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** How many matches lead from each layer of A to each of B. */
function Layers({ all, block }: { all: readonly Match[]; block: string }) {
  const { layers, others, counts } = matchesByLayer(all);
  const scale = sequentialScale([counts], true);
  const { layer } = selection.value;
  const told = (row: number, column: number) =>
    `${counts[row * others.length + column]} heads of layer ${layers[row]} of A match heads of layer ${others[column]} of B`;
  return (
    <figure class="match-layers" data-testid="match-layers">
      <figcaption class="muted">layers of A (down) by layers of B (across)</figcaption>
      <CellMatrix
        label={`Matches between layers of ${formatBlock(block)}`}
        rows={layers.length}
        columns={others.length}
        values={counts}
        scale={scale}
        table={viridis}
        rowBars={[{ segments: segments(layers) }]}
        columnBars={[{ segments: segments(others) }]}
        row={layers.indexOf(layer ?? NaN)}
        column={-1}
        describe={told}
        speak={told}
        onChoose={(row, column) => {
          const best = all.find(({ head, other }) => head.layer === layers[row] && other.layer === others[column]);
          chooseHead(block, layers[row], best?.head.head ?? "mean");
        }}
      />
      <Legend scale={scale} table={viridis} title="matched heads" unit="" />
    </figure>
  );
}
