/** An example in the list: its image, its question, what was said of it, and how that went. */

import type { ExampleSummary } from "../schema";
import { stripCells } from "../lib/answer_strip";
import { AnswerStrip } from "./AnswerStrip";
import { outcomeClass } from "./StepSlider";

interface Props {
  id: string;
  /** Its index in a list of how many. */
  place: number;
  of: number;
  example: ExampleSummary;
  imageUrl: string | null;
  prediction: string | null;
  correct: boolean | null;
  chosen: boolean;
  onChoose(): void;
}

export function ExampleCard({ example, imageUrl, prediction, correct, ...props }: Props) {
  const { tag, text, target, steps } = example;
  const problem = example.problem ?? null;
  return (
    <div
      id={props.id}
      class="example"
      role="option"
      aria-selected={props.chosen}
      aria-posinset={props.place + 1}
      aria-setsize={props.of}
      data-tag={tag}
      data-correct={String(correct)}
      title={[tag, text, problem].filter(Boolean).join("\n")}
      onClick={props.onChoose}
    >
      {imageUrl ? <img src={imageUrl} alt="" loading="lazy" /> : <span class="example-noimage" />}
      <span class="example-text">{text || tag}</span>
      {steps.length > 0 && <Verdict prediction={prediction} target={target} correct={correct} />}
      {problem !== null ? (
        <span class="example-problem warning">{problem}</span>
      ) : (
        steps.length > 1 && <AnswerStrip cells={stripCells(example, steps)} />
      )}
    </div>
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
