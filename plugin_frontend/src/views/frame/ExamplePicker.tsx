import { chooseExample, moveExample } from "../../actions";
import { imageUrl } from "../../api";
import { exampleOf, examplesOf, listedExamples, wantedStepOf } from "../../catalogue";
import { ExampleCard } from "../../elements/ExampleCard";
import { Notice, Panel } from "../../elements/Panel";
import { VirtualList } from "../../elements/VirtualList";
import { outcomeAt } from "../../lib/examples";
import { selection } from "../../state";
import { ExampleFilters, FilterChips } from "./ExampleFilters";

/** Letters that fit into a line; where a text is longer all cards have room for two. */
const ONE_LINE = 26;

export function ExamplePicker() {
  const { loading, error, retry, value } = examplesOf.a;
  const all = value.value?.examples ?? [];
  const listed = listedExamples.value;
  const { tag } = selection.value;
  const place = listed.findIndex((example) => example.tag === tag);

  const long = all.some(({ text, tag }) => (text || tag).length > ONE_LINE);

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
      <ExampleFilters />
      <FilterChips />
      {all.length > 0 && listed.length === 0 ? (
        <Notice>No example matches.</Notice>
      ) : (
        <VirtualList
          role="listbox"
          class="example-list"
          label="Examples"
          count={listed.length}
          rowHeight={long ? 5.9 : 4.6}
          chosen={place}
          idOf={(index) => `example-${index}`}
        >
          {(index) => {
            const example = listed[index];
            return (
              <ExampleCard
                key={example.tag}
                id={`example-${index}`}
                place={index}
                of={listed.length}
                example={example}
                imageUrl={example.image && imageUrl(value.value!.run, example.image)}
                {...outcomeAt(example, wantedStepOf.a.value)}
                chosen={example.tag === exampleOf.a.value?.tag}
                onChoose={() => chooseExample(example.tag)}
              />
            );
          }}
        </VirtualList>
      )}
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
