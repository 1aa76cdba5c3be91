import { Select } from "../../elements/Select";
import { evaluationsOf } from "../../relevancy";
import { select, visibleSides } from "../../state";
import type { SideEvaluated } from "./compared";

/** Which evaluation is shown, where several were logged. */
export function EvaluationPicker({ sides }: { sides: readonly SideEvaluated[] }) {
  const tags = visibleSides.value.flatMap(
    (side) => evaluationsOf[side].value.value?.evaluations.map(({ tag }) => tag) ?? [],
  );
  const offered = [...new Set(tags)];
  if (offered.length < 2) return null;
  return (
    <Select
      label="Evaluation"
      labelled
      options={offered.map((value) => ({ value, label: value }))}
      value={sides[0]?.evaluation.tag ?? ""}
      onChoose={(evaluation) => select({ evaluation })}
    />
  );
}

/** What of the evaluations can't be read. */
export function Problems({ sides }: { sides: readonly SideEvaluated[] }) {
  const problems = new Set(sides.flatMap(({ evaluation: { problem } }) => problem ?? []));
  return (
    <>
      {[...problems].map((problem) => (
        <p key={problem} class="warning">
          {problem}
        </p>
      ))}
    </>
  );
}
