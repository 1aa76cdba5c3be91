import { useLayoutEffect, useRef } from "preact/hooks";
import { chooseExample, moveExample } from "../../actions";
import { imageUrl } from "../../api";
import { exampleOf, examplesOf, listedExamples, runOf, wantedStepOf } from "../../catalogue";
import { ExampleCard } from "../../elements/ExampleCard";
import { Notice, Panel } from "../../elements/Panel";
import { Segmented } from "../../elements/Segmented";
import { outcomeAt, type ExampleFilter } from "../../lib/examples";
import { exampleFilter, exampleSearch, selection } from "../../state";

export function ExamplePicker() {
  const list = useRef<HTMLDivElement>(null);
  const { loading, error, retry, value } = examplesOf.a;
  const all = value.value?.examples ?? [];
  const listed = listedExamples.value;
  const { tag } = selection.value;
  const place = listed.findIndex((example) => example.tag === tag);

  useLayoutEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [tag, value.value === null]);

  return (
    <Panel
      class="picker"
      testId="examples"
      loading={loading.value}
      error={error.value}
      onRetry={retry}
      title="Examples"
      downloads={false}
      aside={
        <>
          <span class="muted" data-testid="example-count">
            {place >= 0 ? `${place + 1} / ` : ""}
            {listed.length}
            {listed.length < all.length ? ` of ${all.length}` : ""}
          </span>
          <Step label="Previous example" title="Previous example (↑)" distance={-1} sign="↑" at={place} of={listed.length} />
          <Step label="Next example" title="Next example (↓)" distance={1} sign="↓" at={place} of={listed.length} />
        </>
      }
    >
      <input
        type="search"
        class="search"
        data-testid="search"
        placeholder="Search  /"
        aria-label="Search the examples"
        value={exampleSearch.value}
        onInput={(event) => (exampleSearch.value = (event.target as HTMLInputElement).value)}
      />
      <Segmented<ExampleFilter>
        name="Filter the examples"
        class="filters"
        value={exampleFilter.value}
        choices={[
          { value: "all", label: "all" },
          { value: "correct", label: "correct", title: "Correct at A" },
          { value: "wrong", label: "wrong", title: "Wrong at A" },
          {
            value: "flipped",
            label: "flipped",
            title: "Right at one of A and B and wrong at the other",
            disabled: runOf.b.value === null ? "Choose a B first: shift-click on the steps." : null,
          },
        ]}
        onChoose={(filter) => (exampleFilter.value = filter)}
      />
      <div class="example-list" role="listbox" aria-label="Examples" ref={list}>
        {listed.map((example) => (
          <ExampleCard
            key={example.tag}
            tag={example.tag}
            text={example.text}
            imageUrl={example.image && imageUrl(value.value!.run, example.image)}
            target={example.target}
            {...outcomeAt(example, wantedStepOf.a.value)}
            steps={example.steps}
            outcomes={example.correct}
            problem={example.problem ?? null}
            chosen={example.tag === exampleOf.a.value?.tag}
            onChoose={() => chooseExample(example.tag)}
          />
        ))}
        {all.length > 0 && listed.length === 0 && <Notice>No example matches.</Notice>}
      </div>
    </Panel>
  );
}

function Step(props: { label: string; title: string; distance: number; sign: string; at: number; of: number }) {
  const target = props.at + props.distance;
  return (
    <button
      type="button"
      class="quiet icon"
      aria-label={props.label}
      title={props.title}
      disabled={target < 0 || target >= props.of}
      onClick={() => moveExample(props.distance)}
    >
      {props.sign}
    </button>
  );
}
