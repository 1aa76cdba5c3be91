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
import type { Rgb } from "../../../lib/colour";
import type { MarkShape, ScatterPoints, ScatterTrails } from "../../../lib/scatter";
import type { Modality, Projection } from "../../../schema";
import { selection } from "../../../state";
import { PointTip } from "./PointTip";

interface Props {
  side: Side;
  /** Say which side it is. */
  labelled: boolean;
  projection: Projection;
  before: Projection | null;
  camera: Camera | null;
  onCamera(camera: Camera | null): void;
}

/** Okabe and Ito's blue, orange and grey, and marks that differ without colour. */
const PALETTES: Record<"light" | "dark", Record<Modality, Rgb>> = {
  light: {
    text: [0, 114, 178],
    image: [230, 159, 0],
    special: [125, 125, 125],
    generated: [0, 158, 115],
    padding: [190, 190, 190],
  },
  dark: {
    text: [86, 180, 233],
    image: [230, 159, 0],
    special: [165, 165, 165],
    generated: [40, 190, 145],
    padding: [100, 100, 100],
  },
};

const SHAPES: Record<Modality, MarkShape> = { text: "circle", image: "square", special: "diamond", generated: "circle", padding: "circle" };

export function Plot(props: Props) {
  const { side, projection, before, camera } = props;
  const { axes, tag, sequence, tokens } = selection.value;
  const token = tokens[0] ?? null;
  const run = runOf[side].value;
  const step = stepOf[side].value;
  const points = useMemo((): ScatterPoints => {
    const { positions, kinds, emphasis } = pointCloud(projection, axes, tag);
    return { positions, components: 2, axes: [0, 1], colours: kinds, kinds, shapes: MODALITIES.map((name) => SHAPES[name]), states: emphasis };
  }, [projection, axes, tag]);
  const lines = useMemo((): ScatterTrails | null => {
    if (!before) return null;
    const { positions, kinds, emphasis } = trails(before, projection, axes, tag);
    return { positions, places: 2, colours: kinds, emphasis, current: -1 };
  }, [before, projection, axes, tag]);
  const chosen = useMemo(
    () =>
      tag !== null && sequence !== null && token !== null ? findPoint(projection, { tag, sequence, token }) : -1,
    [projection, tag, sequence, token],
  );
  const colours = PALETTES[dark.value ? "dark" : "light"];
  const palette = useMemo(() => MODALITIES.map((name) => colours[name]), [colours]);
  const extent = useMemo(() => axes.map((axis) => projection.extent[axis]), [projection.extent.join(), axes]);
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
        points={points}
        palette={palette}
        trails={lines}
        extent={extent}
        camera={camera}
        axisTitles={[title(axes[0]), title(axes[1])]}
        chosen={chosen}
        onCamera={props.onCamera}
        onHover={(point, event) => {
          if (event === null || run === null || step === null) return;
          const found = identity(projection, point);
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
