import { completions, FILTER_WORDS, written } from "../../lib/head_filter";
import { Segmented } from "../../elements/Segmented";
import { Select } from "../../elements/Select";
import { CELLS, NORMALISATIONS, type Cells, type Normalisation } from "../../lib/selection";
import type { Statistic } from "../../schema";
import { select, selection } from "../../state";
import type { FilteredHeads } from "./filtered";

export function StatisticPicker({ offered, chosen }: { offered: readonly Statistic[]; chosen: Statistic }) {
  return (
    <Select
      label="Statistic"
      options={statisticOptions(offered)}
      value={chosen.name}
      onChoose={(statistic) => select({ statistic })}
    />
  );
}

export function statisticOptions(offered: readonly Statistic[]) {
  const custom = offered.some((statistic) => statistic.custom);
  return offered.map((statistic) => ({
    value: statistic.name,
    label: statistic.title,
    group: custom ? (statistic.custom ? "Your own" : "Built in") : undefined,
  }));
}

const CELL_TITLES: Record<Cells, [string, string]> = {
  value: ["Value", "The statistic at this step"],
  steps: ["Over steps", "A small chart of the statistic over the steps"],
  emergence: ["Emergence", "The step at which a head begins to do what it does at the end"],
};

export function CellsPicker() {
  return (
    <Segmented
      name="Cells show"
      value={selection.value.cells}
      choices={CELLS.map((value) => ({ value, label: CELL_TITLES[value][0], title: CELL_TITLES[value][1] }))}
      onChoose={(cells) => select({ cells })}
    />
  );
}

const NORMALISATION_TITLES: Record<Normalisation, string> = {
  none: "as logged",
  z: "z-score",
  compat: "z-score, VL-InterpreT",
};

export function NormalisationPicker() {
  return (
    <Select
      label="Values"
      labelled
      options={NORMALISATIONS.map((value) => ({ value, label: NORMALISATION_TITLES[value] }))}
      value={selection.value.normalisation}
      onChoose={(normalisation) => select({ normalisation: normalisation as Normalisation })}
    />
  );
}

/** A condition on heads: those that pass stand out in the matrices, the list holds no others. */
export function FilterInput({ offered, heads }: { offered: readonly Statistic[]; heads: FilteredHeads }) {
  const text = selection.value.filter ?? "";
  const names = [...offered.map(({ name }) => written(name)), ...FILTER_WORDS];
  const { passing, complaint, rows } = heads;
  return (
    <div class="head-filter">
      <label class="select">
        <span class="select-label">Heads where</span>
        <input
          type="text"
          data-testid="head-filter"
          list="head-filter-names"
          placeholder="entropy < 2 and layer > 3"
          spellcheck={false}
          autocomplete="off"
          value={text}
          aria-invalid={complaint !== null}
          aria-describedby="head-filter-outcome"
          title="Names of statistics, layer, head, block, change, emergence, beyond_chance, picked; > >= < <= = !=; and, or, not, ( )"
          onInput={(event) => select({ filter: (event.target as HTMLInputElement).value || null })}
        />
      </label>
      <datalist id="head-filter-names">
        {completions(text, names).map((value) => (
          <option key={value} value={value} />
        ))}
      </datalist>
      <span id="head-filter-outcome" role="status" class={complaint ? "warning" : "muted"} data-testid="filter-outcome">
        {complaint ?? (passing ? `${passing.size} of ${rows.length}` : "")}
      </span>
    </div>
  );
}
