import { chooseExample, showView } from "../../actions";
import { exampleOf, examplesOf, listedRows, runOf } from "../../catalogue";
import { DataTable } from "../../elements/DataTable";
import { Notice, Panel } from "../../elements/Panel";
import { select, selection } from "../../state";
import { ExampleFilters, FieldFilter } from "../frame/ExampleFilters";
import { columns } from "./columns";
import { FlipsPanel } from "./FlipsPanel";

export function ExamplesView() {
  const { loading, error, retry, value } = examplesOf.a;
  const all = value.value?.examples ?? [];
  const rows = listedRows.value;
  const chosen = rows.findIndex(({ example }) => example.tag === exampleOf.a.value?.tag);
  const compared = runOf.b.value !== null;
  return (
    <div class="view examples-view" data-compared={compared} data-testid="view-examples">
      <Panel
        class="examples-main"
        testId="examples"
        loading={loading.value || (compared && examplesOf.b.loading.value)}
        error={error.value}
        onRetry={retry}
        title={
          <>
            Examples{" "}
            <span class="muted" data-testid="example-count">
              {rows.length < all.length ? `${rows.length} of ${all.length}` : all.length}
            </span>
          </>
        }
        aside={
          <>
            <FieldFilter />
            <ExampleFilters />
          </>
        }
      >
        {all.length > 0 && rows.length === 0 ? (
          <Notice>No example matches.</Notice>
        ) : (
          <DataTable
            label="Examples"
            testId="example-table"
            rows={rows}
            columns={columns()}
            rowHeight={3.5}
            keyOf={({ example }) => example.tag}
            chosen={chosen}
            sort={selection.value.examplesSort}
            onSort={(examplesSort) => select({ examplesSort })}
            onChoose={({ example }) => chooseExample(example.tag)}
            onOpen={() => showView("attention")}
          />
        )}
        <p class="muted table-note">
          ↑ ↓ walk through the examples, Enter or a double click opens Attention. A stroke in a strip is where the
          answer changed; a click goes to the step.
        </p>
      </Panel>
      {compared && <FlipsPanel />}
    </div>
  );
}
