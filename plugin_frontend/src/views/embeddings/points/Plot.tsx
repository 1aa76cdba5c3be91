import { useMemo } from "preact/hooks";
import { choosePoint } from "../../../actions";
import { runOf, stepOf } from "../../../catalogue";
import { Scatter } from "../../../elements/Scatter";
import { showTip } from "../../../elements/Tooltip";
import { dark } from "../../../host";
import type { Camera } from "../../../lib/camera";
import { formatPercent, formatStep } from "../../../lib/format";
import { findPoint, identity, MODALITIES, pointCloud, trails } from "../../../lib/points";
import type { Side } from "../../../lib/selection";
import type { Mark } from "../../../painters/scatter";
import type { Modality, Projection } from "../../../schema";
import { selection } from "../../../state";
import { PointTip } from "./PointTip";

interface Props {
  side: Side;
  /** Say which side it is. */
  labelled: boolean;
  projection: Projection;
  before: Projection | null;
  camera: Camera;
  onCamera(camera: Camera): void;
  onReset(): void;
  onResize(aspect: number): void;
}

/** Okabe and Ito's blue, orange and grey, and marks that differ without colour. */
const MARKS: Record<"light" | "dark", Record<Modality, Mark>> = {
  light: {
    text: { colour: [0, 114, 178], shape: "circle" },
    image: { colour: [230, 159, 0], shape: "square" },
    special: { colour: [125, 125, 125], shape: "diamond" },
    generated: { colour: [0, 158, 115], shape: "circle" },
    padding: { colour: [190, 190, 190], shape: "circle" },
  },
  dark: {
    text: { colour: [86, 180, 233], shape: "circle" },
    image: { colour: [230, 159, 0], shape: "square" },
    special: { colour: [165, 165, 165], shape: "diamond" },
    generated: { colour: [40, 190, 145], shape: "circle" },
    padding: { colour: [100, 100, 100], shape: "circle" },
  },
};

export function Plot(props: Props) {
  const { side, projection, before, camera } = props;
  const { axes, tag, sequence, tokens } = selection.value;
  const token = tokens[0] ?? null;
  const run = runOf[side].value;
  const step = stepOf[side].value;
  const cloud = useMemo(() => pointCloud(projection, axes, tag), [projection, axes, tag]);
  const lines = useMemo(
    () => (before ? trails(before, projection, axes, tag) : null),
    [before, projection, axes, tag],
  );
  const chosen = useMemo(
    () =>
      tag !== null && sequence !== null && token !== null ? findPoint(projection, { tag, sequence, token }) : -1,
    [projection, tag, sequence, token],
  );
  const marks = MARKS[dark.value ? "dark" : "light"];
  const title = (axis: number) =>
    `component ${axis + 1} · ${formatPercent(projection.explainedVariance[axis])} of the variance`;

  return (
    <figure class="plot" data-testid={`plot-${side}`}>
      {props.labelled && (
        <figcaption>
          {before && <span class="chip a">A</span>}
          {before && "→"}
          <span class={`chip ${side}`}>{side.toUpperCase()}</span>
          {!before && step !== null && <span class="muted">step {formatStep(step)}</span>}
        </figcaption>
      )}
      <Scatter
        label={`${projection.count} tokens in the plane of two principal components`}
        cloud={cloud}
        trails={lines}
        marks={MODALITIES.map((name) => marks[name])}
        camera={camera}
        axisTitles={[title(axes[0]), title(axes[1])]}
        chosen={chosen}
        onCamera={props.onCamera}
        onReset={props.onReset}
        onResize={props.onResize}
        onHover={(point, event) => {
          const found = identity(projection, point);
          if (run === null || step === null) return;
          const key = `${found.tag} ${found.sequence} ${found.token} ${step}`;
          showTip(event, <PointTip key={key} place={{ run, tag: found.tag, step }} {...found} />);
        }}
        onChoose={(point) => {
          const { tag: found, ...token } = identity(projection, point);
          choosePoint(found, token.sequence, token.token);
        }}
      />
    </figure>
  );
}
