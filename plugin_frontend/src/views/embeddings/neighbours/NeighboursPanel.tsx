import { Notice, Panel } from "../../../elements/Panel";
import { Segmented } from "../../../elements/Segmented";
import { Select } from "../../../elements/Select";
import { obstacle } from "../../../comparison";
import { depthsOf, manifestOf, shownDepth } from "../../../data";
import { NEAREST_COUNTS, type NeighbourhoodPanel } from "../../../lib/selection";
import { select, selection, visibleSides } from "../../../state";
import { LayerSlider } from "../LayerSlider";
import { ChurnPanel } from "./ChurnPanel";
import { HubsPanel } from "./HubsPanel";
import { NearestPanel } from "./NearestPanel";

const BESIDE: readonly { value: NeighbourhoodPanel; label: string; title: string }[] = [
  { value: "churn", label: "Churn", title: "How much the neighbourhoods of all tokens change between checkpoints" },
  { value: "hubs", label: "Hubs", title: "Tokens that are among the nearest of very many others" },
];

/** The nearest tokens of the chosen one, and beside them what becomes of all neighbourhoods. */
export function NeighboursPanel() {
  const { neighbourhoods } = selection.value;
  const manifest = manifestOf[visibleSides.value[0]].value.value;
  if (obstacle.value !== null || (manifest !== null && manifest.hidden_states.length === 0)) {
    return (
      <Panel testId="nearest" title="Nearest tokens">
        <Notice>{obstacle.value ?? "No hidden states were logged for this example."}</Notice>
      </Panel>
    );
  }
  return (
    <div class="neighbours-view" data-testid="neighbours">
      <div class="neighbours-bar">
        {manifest && shownDepth.value !== null && (
          <LayerSlider
            layers={depthsOf(manifest)}
            layer={shownDepth.value}
            onChoose={(depth) => select({ depth })}
          />
        )}
        <Distance />
        <Segmented
          name="Beside the nearest tokens"
          value={neighbourhoods}
          choices={BESIDE}
          onChoose={(chosen) => select({ neighbourhoods: chosen })}
        />
      </div>
      <NearestPanel />
      <div class="neighbours-beside">{neighbourhoods === "churn" ? <ChurnPanel /> : <HubsPanel />}</div>
    </div>
  );
}

function Distance() {
  const { metric, nearestCount } = selection.value;
  return (
    <div class="neighbours-distance">
      <Select
        label="Distance"
        labelled
        options={[
          { value: "cosine", label: "cosine" },
          { value: "l2", label: "Euclidean" },
        ]}
        value={metric}
        onChoose={(value) => select({ metric: value === "l2" ? "l2" : "cosine" })}
      />
      <Select
        label="Nearest"
        labelled
        options={[...NEAREST_COUNTS].sort((first, second) => Number(first) - Number(second)).map((value) => ({ value, label: value }))}
        value={nearestCount}
        onChoose={(value) => select({ nearestCount: NEAREST_COUNTS.find((known) => known === value) })}
      />
    </div>
  );
}
