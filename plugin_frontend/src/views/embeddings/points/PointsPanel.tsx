import { useMemo, useState } from "preact/hooks";
import { obstacle } from "../../../comparison";
import { depthsOf, manifestOf, projectionOf, shownDepth } from "../../../data";
import { Notice, Panel } from "../../../elements/Panel";
import { ScatterTools } from "../../../elements/ScatterTools";
import { coloursShown, statesOf, trailsOf } from "../../../embedding_points";
import type { Range } from "../../../lib/camera";
import { componentsShown } from "../../../lib/projections";
import type { SelectTool } from "../../../lib/scatter";
import type { Side } from "../../../lib/selection";
import type { Projection } from "../../../schema";
import { select, selection, visibleSides } from "../../../state";
import { LayerSlider } from "../LayerSlider";
import { useCamera } from "./camera";
import { DirectionsBar } from "./DirectionsBar";
import { FittedOn } from "./FittedOn";
import { JobProgress } from "../../frame/JobProgress";
import { Plot } from "./Plot";
import { ProjectionControls } from "./ProjectionControls";
import { SelectionBar } from "./SelectionBar";
import { SideColumn } from "./SideColumn";
import { patchesOf } from "./thumbnails";

export function PointsPanel() {
  const { mode, projection: method, thumbnails } = selection.value;
  const sides = visibleSides.value;
  const [camera, setCamera] = useCamera();
  const [tool, setTool] = useState<SelectTool | null>(null);
  const progress = [...sides.map((side) => projectionOf[side]), ...sides.map((side) => trailsOf[side])];
  const failed = progress.filter(({ error }) => error.value !== null);
  const manifest = manifestOf[sides[0]].value.value;
  const depth = shownDepth.value;
  const asDifference = mode === "difference";
  const front = projectionOf[sides[0]].value.value;
  const colours = coloursShown.value;
  const shown = useShown(front);
  const extent = useMemo(() => shown.map((axis): Range => front?.extent[axis] ?? [0, 1]), [front?.extent.join(), shown]);
  const plots = obstacle.value === null && front ? plotsShown(sides, asDifference, front) : [];

  if (manifest !== null && manifest.hidden_states.length === 0) return <Unlogged />;
  return (
    <Panel
      testId="embeddings"
      class="points-panel"
      title={
        manifest && depth !== null ? (
          <LayerSlider layers={depthsOf(manifest)} layer={depth} onChoose={(layer) => select({ depth: layer })} />
        ) : (
          "Hidden states"
        )
      }
      aside={front && <ScatterTools extent={extent} camera={camera} tool={tool} onCamera={setCamera} onTool={setTool} />}
    >
      <ProjectionControls />
      {method === "axes" && <DirectionsBar />}
      <div class="points-room">
        <Panel
          class="points-plots"
          loading={progress.some(({ loading }) => loading.value)}
          error={failed[0]?.error.value}
          onRetry={() => failed.forEach(({ retry }) => retry())}
        >
          {obstacle.value !== null && <Notice>{obstacle}</Notice>}
          <div class="plots">
            {plots.map(({ side, projection, before }) => (
              <Plot
                key={side}
                side={side}
                labelled={sides.length > 1}
                projection={projection}
                before={before}
                colours={colours!}
                codes={colours!.codes[colours!.of.indexOf(side)]}
                shown={shown}
                extent={extent}
                camera={camera}
                tool={tool}
                onCamera={setCamera}
              />
            ))}
          </div>
        </Panel>
        <JobProgress />
        <SideColumn note={thumbnails ? pictureNote(sides[0], front) : null} />
      </div>
      <SelectionBar />
      {front && <FittedOn projection={front} asDifference={asDifference} />}
    </Panel>
  );
}

/** Components on the axes; the same list as long as they are the same. */
function useShown(front: Projection | null): readonly number[] {
  const { projection, inSpace, axes } = selection.value;
  const shown = componentsShown({ projection, inSpace, axes }, front?.components ?? 2);
  return useMemo(() => shown, [shown.join()]);
}

interface PlotShown {
  side: Side;
  projection: Projection;
  /** Where lines start, for a difference. */
  before: Projection | null;
}

/** What is there and of as many components as what is in front. */
function plotsShown(sides: readonly Side[], asDifference: boolean, front: Projection): PlotShown[] {
  const [a, b] = [projectionOf.a.value.value, projectionOf.b.value.value];
  if (asDifference) return a && b ? [{ side: "b", projection: b, before: a }] : [];
  return sides.flatMap((side) => {
    const projection = side === "a" ? a : b;
    return projection?.components === front.components ? [{ side, projection, before: null }] : [];
  });
}

function pictureNote(side: Side, projection: Projection | null): string | null {
  const states = statesOf[side].value;
  if (!projection || !states) return null;
  const patches = patchesOf(projection, states);
  if (patches === null) return "Too many patches for pictures: isolate some.";
  return patches.length === 0 ? "No patches are shown." : null;
}

function Unlogged() {
  return (
    <Panel testId="embeddings" title="Hidden states" downloads={false}>
      <Notice>
        No hidden states were logged for this example. A capture logs them unless its{" "}
        <code>CapturePolicy(hidden_states=…)</code> leaves them out; an example of your own takes{" "}
        <code>HiddenStates</code>.
      </Notice>
    </Panel>
  );
}
