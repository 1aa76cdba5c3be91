import { Segmented } from "../../elements/Segmented";
import { HEAD_PANELS } from "../../lib/selection";
import { select, selection } from "../../state";
import { HeadInspector } from "./HeadInspector";
import { PANELS } from "./panels";
import { SamplesPicker } from "./Samples";

export function HeadsView() {
  const { Shown } = PANELS[selection.value.panel];
  return (
    <div class="view heads-view" data-testid="view-heads">
      <div class="heads-main">
        <HeadsBar />
        <Shown />
      </div>
      <HeadInspector />
    </div>
  );
}

function HeadsBar() {
  const { panel, picked } = selection.value;
  return (
    <div class="heads-bar">
      <Segmented
        name="Show heads as"
        value={panel}
        choices={HEAD_PANELS.map((value) => ({ value, label: PANELS[value].label, title: PANELS[value].title }))}
        onChoose={(chosen) => select({ panel: chosen })}
      />
      <SamplesPicker />
      {picked.length > 0 && (
        <span class="picked-count" data-testid="picked">
          {picked.length} picked
          <button type="button" class="quiet" onClick={() => select({ picked: [] })}>
            clear
          </button>
        </span>
      )}
    </div>
  );
}
