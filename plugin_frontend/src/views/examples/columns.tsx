/** What the table of examples shows. */

import { moveTo } from "../../actions";
import { imageUrl } from "../../api";
import { examplesOf, runOf, wantedStepOf } from "../../catalogue";
import { AnswerStrip } from "../../elements/AnswerStrip";
import type { Column } from "../../elements/DataTable";
import { outcomeClass } from "../../elements/StepSlider";
import { Thumbnail } from "../../elements/Thumbnail";
import { stripCells } from "../../lib/answer_strip";
import { fieldAt, fieldNames, type FieldValue } from "../../lib/example_filter";
import type { ExampleRow } from "../../lib/example_rows";
import type { Outcome } from "../../lib/examples";
import { formatNumber } from "../../lib/format";
import type { Side } from "../../lib/selection";

type ExampleColumn = Column<ExampleRow>;

export function columns(): ExampleColumn[] {
  const compared = runOf.b.value !== null;
  const run = examplesOf.a.value.value?.run ?? "";
  return [
    {
      id: "image",
      title: "",
      width: "4.6rem",
      cell: ({ example }) => (
        <Thumbnail url={example.image && imageUrl(run, example.image)} boxes={example.target_boxes} />
      ),
    },
    { ...written("tag", "Example", ({ example }) => example.tag), width: "minmax(5.5rem, 0.7fr)" },
    { ...written("text", "Text", ({ example }) => example.text), width: "minmax(9rem, 2fr)" },
    { ...written("target", "Target", ({ example }) => example.target ?? "–"), width: "minmax(4.5rem, 0.7fr)" },
    ...outcome("a", compared),
    ...(compared ? outcome("b", compared) : []),
    ...fields(),
    strips(compared),
  ];
}

function written(id: string, title: string, textOf: (row: ExampleRow) => string): ExampleColumn {
  return { id, title, width: "", sortable: true, cell: (row) => <span title={textOf(row)}>{textOf(row)}</span> };
}

/** What was predicted at A or B, and whether that is right. */
function outcome(side: Side, compared: boolean): ExampleColumn[] {
  const ending = side === "b" ? "_b" : "";
  const name = side.toUpperCase();
  const chip = compared && <span class={`chip ${side}`}>{name}</span>;
  return [
    {
      id: `prediction${ending}`,
      title: <>{chip} Prediction</>,
      description: `What was predicted at ${name}`,
      width: compared ? "minmax(7.4rem, 1fr)" : "minmax(6.2rem, 1fr)",
      sortable: true,
      cell: (row) => <Predicted outcome={row[side]} />,
    },
    {
      id: `correct${ending}`,
      title: <>{chip} ✓</>,
      description: `Whether the prediction at ${name} is correct`,
      width: compared ? "3.2rem" : "3rem",
      sortable: true,
      cell: (row) => <Sign correct={row[side].correct} />,
    },
  ];
}

function Predicted({ outcome: { prediction, correct } }: { outcome: Outcome }) {
  return (
    <span class={`verdict ${outcomeClass(correct)}`} title={prediction ?? "no prediction was logged"}>
      <b>{prediction ?? "–"}</b>
    </span>
  );
}

function Sign({ correct }: { correct: boolean | null }) {
  if (correct === null) return <span class="muted" title="Nobody knows whether it is correct">–</span>;
  return (
    <span class={`verdict ${outcomeClass(correct)}`}>
      <i aria-label={correct ? "correct" : "wrong"}>{correct ? "✓" : "✗"}</i>
    </span>
  );
}

/** The user's own values at A. */
function fields(): ExampleColumn[] {
  const examples = examplesOf.a.value.value?.examples ?? [];
  const wanted = wantedStepOf.a.value;
  return fieldNames(examples).map((name) => {
    const numeric = examples.every((example) => {
      const value = fieldAt(example, name, wanted);
      return value === null || typeof value === "number";
    });
    return {
      id: `field:${name}`,
      title: name,
      description: `Your field “${name}” at A`,
      width: "minmax(4.2rem, 0.6fr)",
      numeric,
      sortable: true,
      cell: ({ example }) => {
        const value = fieldAt(example, name, wanted);
        return <span data-value={value ?? ""}>{inWords(value)}</span>;
      },
    };
  });
}

function inWords(value: FieldValue): string {
  return value === null ? "–" : typeof value === "number" ? formatNumber(value) : String(value);
}

/** What was answered at every step of A's run, and below at every step of B's where that is another. */
function strips(compared: boolean): ExampleColumn {
  const [a, b] = [runOf.a.value, runOf.b.value];
  const other = compared && b !== a;
  const axes = { a: examplesOf.a.value.value?.steps ?? [], b: examplesOf.b.value.value?.steps ?? [] };
  const [stepA, stepB] = [wantedStepOf.a.value, wantedStepOf.b.value];
  const markA = stepA === null ? [] : [{ step: stepA, side: "a" as const }];
  const markB = stepB === null ? [] : [{ step: stepB, side: "b" as const }];
  const goTo = (side: Side) => (step: number, event: MouseEvent) => moveTo(event.shiftKey ? "b" : side, step);
  return {
    id: "changes",
    title: "Over the steps",
    description: "The answer at every step. Green: correct, orange: wrong, grey: unknown. Sorted by how often the answer changed.",
    width: "minmax(9rem, 1.6fr)",
    sortable: true,
    cell: ({ example, other: example_b }) => (
      <div class="strips">
        <AnswerStrip
          cells={stripCells(example, axes.a)}
          marks={other || !compared ? markA : [...markA, ...markB]}
          name={other ? "A," : undefined}
          onChoose={goTo("a")}
        />
        {other && example_b && (
          <AnswerStrip cells={stripCells(example_b, axes.b)} marks={markB} name="B," onChoose={goTo("b")} />
        )}
      </div>
    ),
  };
}
