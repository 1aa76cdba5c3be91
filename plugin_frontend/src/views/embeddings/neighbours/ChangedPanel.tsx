import { choosePoint } from "../../../actions";
import { imageUrl } from "../../../api";
import { DataTable, type Column } from "../../../elements/DataTable";
import { Notice, Panel } from "../../../elements/Panel";
import { Segmented } from "../../../elements/Segmented";
import { TokenFace } from "../../../elements/TokenButton";
import { hideTip, showTip } from "../../../elements/Tooltip";
import { describeToken, formatNumber, formatPercent } from "../../../lib/format";
import { changedRows, findPair, keyOf, pairTitle } from "../../../lib/neighbourhoods";
import type { ChangedOf } from "../../../lib/selection";
import { askedToken, churn, churnEnds } from "../../../neighbourhoods";
import type { ChurnedToken, KindPair } from "../../../schema";
import { select, selection } from "../../../state";

const OF: readonly { value: ChangedOf; label: string; title: string }[] = [
  { value: "all", label: "all examples", title: "The tokens of all examples that changed most" },
  { value: "example", label: "this example", title: "Every token of the chosen example" },
];

/** The tokens whose neighbourhood changed most. */
export function ChangedPanel() {
  const { changedOf, changedSort, tag } = selection.value;
  const found = churn.value.value;
  const pair = found && findPair(found.pairs, selection.value.kindPair);
  const listed = changedOf === "example" ? found?.example : found?.changed;
  const rows = listed && pair ? changedRows(listed, pair, changedSort) : [];
  const asked = askedToken.value;
  const chosen = asked ? keyOf({ tag: tag ?? "", sequence: asked.sequence.name, token: asked.token }) : null;
  return (
    <Panel
      class="changed"
      testId="changed"
      title={<>Most changed{pair && <span class="muted"> {pairTitle(pair)}</span>}</>}
      loading={churn.loading.value}
      error={churn.error.value}
      onRetry={churn.retry}
      aside={<Segmented name="Tokens of" value={changedOf} choices={OF} onChoose={(value) => select({ changedOf: value })} />}
    >
      {pair && rows.length === 0 && <Notice>No neighbourhood changed.</Notice>}
      {pair && rows.length > 0 && (
        <DataTable
          label="Tokens by how much their neighbourhood changed"
          testId="changed-tokens"
          rows={rows}
          columns={columns(pair)}
          rowHeight={2.2}
          keyOf={keyOf}
          chosen={rows.findIndex((row) => keyOf(row) === chosen)}
          sort={changedSort}
          onSort={(sort) => select({ changedSort: sort })}
          onChoose={(row) => choosePoint(row.tag, row.sequence, row.token)}
          onOpen={(row) => choosePoint(row.tag, row.sequence, row.token)}
        />
      )}
    </Panel>
  );
}

function columns(pair: KindPair): Column<ChurnedToken>[] {
  const run = churnEnds.value?.after[0] ?? "";
  return [
    {
      id: "token",
      title: "token",
      width: "minmax(0, 1fr)",
      cell: (row) => (
        <span
          class={`table-token ${row.modality}`}
          data-value={row.text}
          onMouseMove={(event) => showTip(event, describeToken(row))}
          onMouseLeave={hideTip}
        >
          <TokenFace token={row} urlOf={(image) => imageUrl(run, image)} />
        </span>
      ),
    },
    { id: "tag", title: "example", width: "minmax(0, 1.2fr)", sortable: true, cell: ({ tag, token }) => `${tag} · ${token}` },
    {
      id: "churn",
      title: "churn",
      description: "Share of its nearest that are gone",
      width: "4.2rem",
      numeric: true,
      sortable: true,
      cell: (row) => formatPercent(row.churn[pair.to] ?? NaN),
    },
    {
      id: "farther",
      title: "farther",
      description: "How far the nearest of before are now, as a multiple of the distance of those nearest now",
      width: "4.6rem",
      numeric: true,
      sortable: true,
      cell: (row) => {
        const times = row.farther[pair.to] ?? null;
        return times === null ? "–" : `${formatNumber(times)} ×`;
      },
    },
  ];
}
