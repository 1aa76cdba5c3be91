import { useMemo, useState } from "preact/hooks";
import { obstacle } from "../../../comparison";
import { depthsOf, manifestOf, projectionOf, shownDepth } from "../../../data";
import { Notice, Panel } from "../../../elements/Panel";
import { Segmented } from "../../../elements/Segmented";
import { fit, type Camera } from "../../../lib/camera";
import { formatPercent } from "../../../lib/format";
import { MODALITIES } from "../../../lib/points";
import type { Side } from "../../../lib/selection";
import type { Projection } from "../../../schema";
import { select, selection, visibleSides } from "../../../state";
import { LayerSlider } from "../LayerSlider";
import { Plot } from "./Plot";

type Plane = "1-2" | "1-3" | "2-3";

export function PointsPanel() {
  const { mode, axes } = selection.value;
  const sides = visibleSides.value;
  const [camera, setCamera] = useState<Camera | null>(null);
  const [aspect, setAspect] = useState(1);
  const progress = sides.map((side) => projectionOf[side]);
  const failed = progress.find(({ error }) => error.value !== null);
  const manifest = manifestOf[sides[0]].value.value;
  const depth = shownDepth.value;
  const asDifference = mode === "difference";
  const front = projectionOf[sides[0]].value.value;
  const fitted = useMemo(
    () => (front ? fit(front.extent[axes[0]], front.extent[axes[1]], aspect) : null),
    [front?.extent.join(), axes, aspect],
  );
  const plots = plotsShown(sides, asDifference);
  const plane = axes.map((axis) => axis + 1).join("-") as Plane;
  const unlogged = manifest !== null && manifest.hidden_states.length === 0;

  return (
    <Panel
      testId="embeddings"
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
        <>
          {front && <ModalityLegend projection={front} />}
          <Segmented<Plane>
            name="Components"
            value={plane}
            choices={(["1-2", "1-3", "2-3"] as const).map((value) => ({
              value,
              label: value.replace("-", " × "),
              title: "Principal components on the two axes",
            }))}
            onChoose={(value) => {
              const [first, second] = value.split("-").map(Number);
              setCamera(null);
              select({ axes: [first - 1, second - 1] });
            }}
          />
          <button type="button" class="quiet" disabled={camera === null} onClick={() => setCamera(null)}>
            show all
          </button>
        </>
      }
    >
      {obstacle.value !== null && <Notice>{obstacle}</Notice>}
      {unlogged && <Notice>No hidden states were logged for this example.</Notice>}
      <div class="plots">
        {obstacle.value === null &&
          fitted &&
          plots.map(({ side, projection, before }) => (
            <Plot
              key={side}
              side={side}
              labelled={sides.length > 1}
              projection={projection}
              before={before}
              camera={camera ?? fitted}
              onCamera={setCamera}
              onReset={() => setCamera(null)}
              onResize={setAspect}
            />
          ))}
      </div>
      {front && <Basis projection={front} asDifference={asDifference} />}
    </Panel>
  );
}

interface PlotShown {
  side: Side;
  projection: Projection;
  /** Where lines start, for a difference. */
  before: Projection | null;
}

function plotsShown(sides: readonly Side[], asDifference: boolean): PlotShown[] {
  const [a, b] = [projectionOf.a.value.value, projectionOf.b.value.value];
  if (asDifference) return a && b ? [{ side: "b", projection: b, before: a }] : [];
  return sides.flatMap((side) => {
    const projection = side === "a" ? a : b;
    return projection ? [{ side, projection, before: null }] : [];
  });
}

function ModalityLegend({ projection }: { projection: Projection }) {
  const present = new Set(projection.modality);
  const shown = MODALITIES.filter((name) => present.has(projection.modalities.indexOf(name)));
  return (
    <ul class="modalities" data-testid="modality-legend">
      {shown.map((name) => (
        <li key={name}>
          <i class={`dot ${name}`} /> {name}
        </li>
      ))}
    </ul>
  );
}

/** What the picture is made of. */
function Basis({ projection, asDifference }: { projection: Projection; asDifference: boolean }) {
  const { points, steps, runs } = projection.fittedOn;
  const total = projection.explainedVariance.reduce((sum, share) => sum + share, 0);
  return (
    <p class="muted basis">
      Principal components of {points.toLocaleString("en-US")} tokens of all examples, {steps}{" "}
      {steps === 1 ? "step" : "steps"}
      {runs.length > 1 ? ` and ${runs.length} runs` : ""}; the three together hold {formatPercent(total)} of the variance.
      {asDifference ? " Lines lead from A to B." : ""} Large marks: the chosen example.
    </p>
  );
}
