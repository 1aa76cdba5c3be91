/** An example in the list: its image, its question, what was said of it, and how that went. */

import { formatStep } from "../lib/format";
import { outcomeClass } from "./StepSlider";

interface Props {
  tag: string;
  text: string;
  imageUrl: string | null;
  prediction: string | null;
  target: string | null;
  correct: boolean | null;
  steps: readonly number[];
  outcomes: readonly (boolean | null)[];
  problem: string | null;
  chosen: boolean;
  onChoose(): void;
}

export function ExampleCard(props: Props) {
  const { tag, text, imageUrl, prediction, target, correct, steps, outcomes, problem, chosen, onChoose } = props;
  return (
    <button
      type="button"
      class="example"
      role="option"
      aria-selected={chosen}
      data-tag={tag}
      data-correct={String(correct)}
      title={`${tag}\n${text}`}
      onClick={onChoose}
    >
      {imageUrl ? <img src={imageUrl} alt="" loading="lazy" /> : <span class="example-noimage" />}
      <span class="example-text">{text || tag}</span>
      <Verdict prediction={prediction} target={target} correct={correct} />
      {problem !== null && <span class="example-problem warning">{problem}</span>}
      {steps.length > 1 && <Strip steps={steps} outcomes={outcomes} />}
    </button>
  );
}

/** What was predicted, and the target where that is something else. */
export function Verdict({
  prediction,
  target,
  correct,
}: {
  prediction: string | null;
  target: string | null;
  correct: boolean | null;
}) {
  const sign = correct === true ? "✓" : correct === false ? "✗" : "";
  return (
    <span class={`verdict ${outcomeClass(correct)}`}>
      {sign && <i aria-label={correct ? "correct" : "wrong"}>{sign}</i>}
      <b>{prediction ?? "–"}</b>
      {target !== null && correct !== true && <span class="verdict-target">target {target}</span>}
    </span>
  );
}

/** One cell per step: filled where the example was right. */
function Strip({ steps, outcomes }: { steps: readonly number[]; outcomes: readonly (boolean | null)[] }) {
  const right = outcomes.filter((outcome) => outcome === true).length;
  const first = steps[outcomes.indexOf(true)];
  const gap = Math.min(0.14, 0.02 * steps.length);
  const spoken = `correct at ${right} of ${steps.length} steps`;
  return (
    <svg
      class="strip"
      viewBox={`0 0 ${steps.length} 1`}
      preserveAspectRatio="none"
      role="img"
      aria-label={first === undefined ? spoken : `${spoken}, first at ${formatStep(first)}`}
    >
      {outcomes.map((outcome, index) => (
        <rect key={index} class={outcomeClass(outcome)} x={index + gap / 2} y={0} width={1 - gap} height={1} />
      ))}
    </svg>
  );
}
