import { changeWanted, cohorts } from "../../cohorts";
import { Select } from "../../elements/Select";
import type { CohortDifference, CohortStatistics } from "../../schema";
import { select, selection } from "../../state";
import type { HeadsShown } from "./shown";

const ONE_EXAMPLE = "";

/** Over which samples the statistics are averaged. */
export function SamplesPicker() {
  const { cohort } = selection.value;
  const known = cohorts.value.value ?? [];
  const options = known.map(({ name, title, samples }) => ({
    value: name,
    label: `${title} (${samples})`,
    group: name.startsWith("field:") ? "By field" : undefined,
  }));
  const missing = cohort !== null && !known.some(({ name }) => name === cohort);
  return (
    <div data-testid="samples" title={cohorts.error.value ?? undefined}>
      <Select
        label="Samples"
        labelled
        options={[
          { value: ONE_EXAMPLE, label: "this example" },
          ...options,
          ...(missing ? [{ value: cohort, label: cohort }] : []),
        ]}
        value={cohort ?? ONE_EXAMPLE}
        onChoose={(name) => select({ cohort: name || null })}
      />
    </div>
  );
}

/** How many samples the numbers are over, and how their intervals and marks were found. */
export function SamplesNote({ shown, statistic }: { shown: HeadsShown; statistic: string }) {
  const { cohort } = selection.value;
  const asDifference = changeWanted.value;
  if (cohort === null) {
    return asDifference ? (
      <p class="muted" data-testid="samples-note">
        One example, no interval: choose samples above to see which changes are beyond chance.
      </p>
    ) : null;
  }
  const overSamples = shown.sides.flatMap((side) => {
    const found = shown.frames[side]?.blocks.find((block): block is CohortStatistics => "interval" in block);
    return found ? [{ side, size: found.size, interval: found.interval }] : [];
  });
  const [first] = overSamples;
  if (!first) return null;
  const change = asDifference ? shown.change?.blocks.find((block) => block !== null) : null;
  const sizes = overSamples.map(({ side, size }) => (overSamples.length > 1 ? `${side.toUpperCase()} ${count(size)}` : count(size)));
  return (
    <details class="method" data-testid="samples-note">
      <summary>
        {change ? `B − A over ${count(change.size)}: ${marked(shown, statistic)}` : `Mean over ${sizes.join(", ")}.`}
      </summary>
      <p>
        {change ? `Who belongs to the samples is decided at A. ${change.test} ` : ""}
        {first.interval}
      </p>
    </details>
  );
}

function count(samples: number): string {
  return `${samples} ${samples === 1 ? "sample" : "samples"}`;
}

function marked(shown: HeadsShown, statistic: string): string {
  const blocks = shown.change?.blocks.filter((block): block is CohortDifference => block !== null) ?? [];
  let [marks, tested] = [0, 0];
  for (const { statistics, layers, heads, values, beyondChance } of blocks) {
    const start = statistics.indexOf(statistic) * layers * heads;
    for (let index = start; start >= 0 && index < start + layers * heads; index++) {
      if (Number.isNaN(values[index])) continue;
      tested += 1;
      marks += beyondChance?.[index] ?? 0;
    }
  }
  return `${marks} of ${tested} heads changed beyond chance.`;
}
