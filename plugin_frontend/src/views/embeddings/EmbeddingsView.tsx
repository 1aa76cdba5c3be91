import { Segmented } from "../../elements/Segmented";
import { EMBEDDING_PANELS } from "../../lib/selection";
import { select, selection } from "../../state";
import { PANELS } from "./panels";

export function EmbeddingsView() {
  const { embeddingPanel } = selection.value;
  const { Shown } = PANELS[embeddingPanel] ?? PANELS.points;
  const offered = EMBEDDING_PANELS.flatMap((value) => {
    const panel = PANELS[value];
    return panel ? [{ value, label: panel.label, title: panel.title }] : [];
  });
  return (
    <div class="view embeddings-view" data-testid="view-embeddings">
      <div class="embeddings-bar" data-testid="embedding-panels">
        <Segmented
          name="Show hidden states as"
          value={embeddingPanel}
          choices={offered}
          onChoose={(chosen) => select({ embeddingPanel: chosen })}
        />
      </div>
      <Shown />
    </div>
  );
}
