import { runOf, stepOf } from "../../../catalogue";
import { obstacle } from "../../../comparison";
import { depthsOf, manifestOf, shownDepth } from "../../../data";
import { Notice, Panel } from "../../../elements/Panel";
import { Segmented } from "../../../elements/Segmented";
import { Select } from "../../../elements/Select";
import { geometryOf, streamOf } from "../../../geometry";
import { streamsOf } from "../../../lib/streams";
import { select, selection, visibleSides } from "../../../state";
import { LayerSlider } from "../LayerSlider";
import type { SideGeometry } from "./curves";
import { MeasureCharts } from "./MeasureCharts";
import { SimilarityOfLayers } from "./SimilarityOfLayers";

/** How the hidden states of all examples lie, layer by layer and step by step. */
export function CurvesPanel() {
  const { curvesOver } = selection.value;
  const sides = visibleSides.value;
  const progress = sides.map((side) => geometryOf[side]);
  const failed = progress.find(({ error }) => error.value !== null);
  const manifest = manifestOf[sides[0]].value.value;
  const depth = shownDepth.value;
  const loaded = sides.flatMap(geometryOfSide);
  const unlogged = manifest !== null && manifest.hidden_states.length === 0;
  const streams = manifest ? streamsOf(manifest) : [];
  return (
    <div class="curves" data-testid="curves">
      <Panel
        testId="geometry"
        loading={progress.some(({ loading }) => loading.value)}
        error={failed?.error.value}
        onRetry={failed?.retry}
        title={
          manifest && depth !== null ? (
            <LayerSlider layers={depthsOf(manifest)} layer={depth} onChoose={(layer) => select({ depth: layer })} />
          ) : (
            "Hidden states"
          )
        }
        aside={
          !unlogged && (
            <>
              {streams.length > 1 && (
                <Select
                  label="Stream"
                  labelled
                  options={streams.map((names) => ({ value: names[0], label: names.join(" and ") }))}
                  value={streamOf[sides[0]].value[0] ?? ""}
                  onChoose={(stream) => select({ stream })}
                />
              )}
              <Segmented
                name="Curves over"
                value={curvesOver}
                choices={[
                  { value: "layers", label: "over layers", title: "A line for the step shown; faint: the other steps" },
                  { value: "steps", label: "over steps", title: "A line for the chosen layer; faint: the other layers" },
                ]}
                onChoose={(over) => select({ curvesOver: over })}
              />
            </>
          )
        }
      >
        {unlogged && <Notice>No hidden states were logged for this example.</Notice>}
        {loaded.length < sides.length && obstacle.value !== null && <Notice>{obstacle}</Notice>}
        {loaded.length === sides.length && depth !== null && <MeasureCharts sides={loaded} layer={depth} />}
      </Panel>
      {!unlogged && <SimilarityOfLayers />}
    </div>
  );
}

function geometryOfSide(side: "a" | "b"): SideGeometry[] {
  const [geometry, run, step] = [geometryOf[side].value.value, runOf[side].value, stepOf[side].value];
  return geometry && run !== null && step !== null ? [{ side, run, step, geometry }] : [];
}
