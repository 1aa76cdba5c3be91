import { valueRange } from "../../elements/LineChart";
import { Notice, Panel } from "../../elements/Panel";
import { Segmented } from "../../elements/Segmented";
import { Select } from "../../elements/Select";
import type { Side } from "../../lib/selection";
import { findTest } from "../../lib/removal";
import { explainedShown, methodsShown, relevancyOf } from "../../relevancy";
import type { Manifest, Order, PerturbationTest } from "../../schema";
import { select, selection, visibleSides } from "../../state";
import { metricLines, PerturbedSide } from "./PerturbedSide";

/** The example as the model saw it while its tokens were taken away. */
export function PerturbedInput() {
  const sides = visibleSides.value.flatMap((side) => {
    const manifest = relevancyOf[side].value.value?.manifest;
    const test = manifest && testShown(manifest);
    return test ? [{ side, manifest, test }] : [];
  });
  const [front] = sides;
  const extent = valueRange(sides.flatMap(({ manifest, test }) => metricLines(manifest, test)));
  return (
    <Panel
      class={`perturbed-input ${front ? "" : "bare"}`}
      testId="perturbed-input"
      title="Perturbed input"
      loading={visibleSides.value.some((side) => relevancyOf[side].loading.value)}
      aside={front && <TestPicker {...front} />}
    >
      {!front && (
        <Notice>
          No perturbation test of this example was logged at this step. Log it with{" "}
          <code>Example(…, perturbation=[…])</code>.
        </Notice>
      )}
      <div class="perturbed-sides">
        {sides.map((shown) => (
          <PerturbedSide key={shown.side} {...shown} extent={extent} compared={visibleSides.value.length > 1} />
        ))}
      </div>
    </Panel>
  );
}

interface Shown {
  side: Side;
  manifest: Manifest;
  test: PerturbationTest;
}

/** The test chosen; at first of the first method shown, most relevant first. */
function testShown({ perturbation }: Manifest): PerturbationTest | null {
  const { test, order, removed } = selection.value;
  return findTest(perturbation, {
    method: test ?? methodsShown.value[0]?.name ?? null,
    order,
    sequence: removed ?? perturbation[0]?.sequence ?? null,
    target: explainedShown.value?.target ?? null,
  });
}

function TestPicker({ manifest: { perturbation }, test }: Shown) {
  const methods = new Map(perturbation.map(({ method, title }) => [method, title]));
  const sequences = [...new Set(perturbation.map(({ sequence }) => sequence))];
  const orders = new Set(
    perturbation.filter(({ method, sequence }) => method === test.method && sequence === test.sequence).map(({ order }) => order),
  );
  const choice = (value: Order, label: string) => ({
    value,
    label,
    title: `Remove the ${label} tokens`,
    disabled: orders.has(value) ? null : "This order was not logged.",
  });
  return (
    <>
      {sequences.length > 1 && (
        <Segmented
          name="Sequence that loses tokens"
          value={test.sequence}
          choices={sequences.map((value) => ({ value, label: value }))}
          onChoose={(removed) => select({ removed })}
        />
      )}
      <Segmented<Order>
        name="Order of removal"
        value={test.order}
        choices={[choice("positive", "most relevant first"), choice("negative", "least relevant first")]}
        onChoose={(order) => select({ order })}
      />
      {methods.size > 1 && (
        <Select
          label="Method that gives the order"
          options={[...methods].map(([value, label]) => ({ value, label }))}
          value={test.method}
          onChoose={(method) => select({ test: method })}
        />
      )}
    </>
  );
}
