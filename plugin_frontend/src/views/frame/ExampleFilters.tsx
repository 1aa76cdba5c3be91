import { examplesOf, runOf, wantedStepOf } from "../../catalogue";
import { Segmented } from "../../elements/Segmented";
import { Select } from "../../elements/Select";
import { fieldGroups, OUTCOME_FILTERS, type ExampleFilter } from "../../lib/example_filter";
import { select, selection } from "../../state";

const TITLES: Record<string, string> = {
  correct: "Correct at A",
  wrong: "Wrong at A",
  flipped: "Right at one of A and B and wrong at the other",
};

/** Which examples are listed: words to search for, and the outcome. */
export function ExampleFilters() {
  const { exampleFilter, exampleSearch } = selection.value;
  return (
    <>
      <input
        type="search"
        class="search"
        data-testid="search"
        placeholder="Search  /"
        aria-label="Search the examples"
        value={exampleSearch}
        onInput={(event) => select({ exampleSearch: (event.target as HTMLInputElement).value })}
      />
      <Segmented<ExampleFilter>
        name="Filter the examples"
        class="filters"
        value={exampleFilter}
        choices={OUTCOME_FILTERS.map((filter) => ({
          value: filter,
          label: filter,
          title: TITLES[filter],
          disabled:
            filter === "flipped" && runOf.b.value === null ? "Choose a B first: shift-click on the steps." : null,
        }))}
        onChoose={(filter) => select({ exampleFilter: filter })}
      />
    </>
  );
}

/** The examples of one group of a field of the user's own. */
export function FieldFilter() {
  const groups = fieldGroups(examplesOf.a.value.value?.examples ?? [], wantedStepOf.a.value);
  if (groups.length === 0) return null;
  const { exampleFilter } = selection.value;
  return (
    <Select
      label="Field"
      labelled
      options={[
        { value: "all", label: "any" },
        ...groups.flatMap(({ name, values }) =>
          values.map((value) => ({ value: `field:${name}=${value}`, label: `${name}: ${value}`, group: name })),
        ),
      ]}
      value={exampleFilter.startsWith("field:") ? exampleFilter : "all"}
      onChoose={(filter) => select({ exampleFilter: filter })}
    />
  );
}

/** What else narrows or orders the list, each to be taken away. */
export function FilterChips() {
  const { exampleFilter, examplesSort } = selection.value;
  const group = exampleFilter.startsWith("field:") ? exampleFilter.slice("field:".length).replace("=", ": ") : null;
  const sorted = examplesSort?.replace(/^-/, "").replace(/^field:/, "");
  if (group === null && sorted === undefined) return null;
  return (
    <div class="filter-chips">
      {group !== null && <Chip name={group} onRemove={() => select({ exampleFilter: "all" })} />}
      {sorted !== undefined && (
        <Chip
          name={`by ${inWords(sorted)} ${examplesSort!.startsWith("-") ? "▼" : "▲"}`}
          onRemove={() => select({ examplesSort: null })}
        />
      )}
    </div>
  );
}

function inWords(column: string): string {
  return column === "changes" ? "changes of the answer" : column.replace(/_b$/, " of B");
}

function Chip({ name, onRemove }: { name: string; onRemove(): void }) {
  return (
    <button type="button" class="filter-chip" title="Take away" aria-label={`Take away: ${name}`} onClick={onRemove}>
      {name} ×
    </button>
  );
}
