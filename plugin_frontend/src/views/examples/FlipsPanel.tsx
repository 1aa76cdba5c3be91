import { chooseExample, showMode, showView } from "../../actions";
import { runOf, stepOf } from "../../catalogue";
import { Notice, Panel } from "../../elements/Panel";
import { VirtualList } from "../../elements/VirtualList";
import { flips } from "../../flips";
import { formatStep } from "../../lib/format";
import type { View } from "../../lib/selection";
import { selection } from "../../state";
import { FlipCard } from "./FlipCard";

/** The examples whose outcome differs between A and B, those whose maps moved most first. */
export function FlipsPanel() {
  const listed = flips.value.value?.flips ?? [];
  const chosen = listed.findIndex(({ tag }) => tag === selection.value.tag);
  const most = Math.max(0, ...listed.map(({ change }) => change ?? 0));
  return (
    <Panel
      class="flips"
      testId="flips"
      title={
        <>
          Flips <span class="muted">{flips.value.value ? listed.length : ""}</span>
        </>
      }
      aside={
        <>
          <Open view="attention" title="Attention" disabled={chosen < 0} />
          <Open view="relevancy" title="Relevancy" disabled={chosen < 0} />
        </>
      }
      loading={flips.loading.value}
      error={flips.error.value}
      onRetry={flips.retry}
    >
      {flips.value.value &&
        (listed.length === 0 ? (
          <Notice>{`A @ ${stepName("a")} and B @ ${stepName("b")} agree on every example that both logged.`}</Notice>
        ) : (
          <>
            <p class="muted flips-measure">Most moved first. {flips.value.value.measure}</p>
            <VirtualList
              role="listbox"
              class="flip-list"
              label="Flips"
              count={listed.length}
              rowHeight={6.1}
              chosen={chosen}
              fromTop
              idOf={(index) => `flip-${index}`}
            >
              {(index) => (
                <FlipCard
                  key={listed[index].tag}
                  id={`flip-${index}`}
                  place={index}
                  of={listed.length}
                  flip={listed[index]}
                  most={most}
                  chosen={index === chosen}
                  onChoose={() => chooseExample(listed[index].tag)}
                />
              )}
            </VirtualList>
          </>
        ))}
    </Panel>
  );
}

function stepName(side: "a" | "b"): string {
  const step = stepOf[side].value;
  return `${runOf[side].value}, step ${step === null ? "?" : formatStep(step)}`;
}

/** Opens a view on the chosen example, A and B side by side. */
function Open({ view, title, disabled }: { view: View; title: string; disabled: boolean }) {
  return (
    <button
      type="button"
      class="button"
      data-testid={`flip-open-${view}`}
      disabled={disabled}
      title={`Open the chosen flip in ${title}, A and B side by side`}
      onClick={() => {
        showMode("ab");
        showView(view);
      }}
    >
      {title}
    </button>
  );
}
