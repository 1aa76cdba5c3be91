import { Segmented } from "../../elements/Segmented";
import { select, selection } from "../../state";
import { HeadInspector } from "./HeadInspector";
import { LISTED_PANELS, PANELS } from "./panels";

export function HeadsView() {
  const { Shown } = PANELS[selection.value.panel] ?? PANELS.matrix!;
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
  const { panel } = selection.value;
  return (
    <div class="heads-bar">
      <Segmented
        name="Show heads as"
        value={PANELS[panel] ? panel : "matrix"}
        choices={LISTED_PANELS.map((value) => ({ value, label: PANELS[value]!.label, title: PANELS[value]!.title }))}
        onChoose={(chosen) => select({ panel: chosen })}
      />
    </div>
  );
}
