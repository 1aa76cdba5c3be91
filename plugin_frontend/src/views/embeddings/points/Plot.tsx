import { useMemo, useRef } from "preact/hooks";
import { runOf, stepOf } from "../../../catalogue";
import { shownDepth } from "../../../data";
import { Scatter } from "../../../elements/Scatter";
import { useRows } from "../../../elements/table_rows";
import { hideTip, showTip } from "../../../elements/Tooltip";
import { statesOf } from "../../../embedding_points";
import type { Camera, Range } from "../../../lib/camera";
import type { Row } from "../../../lib/csv";
import { formatCount, formatStep } from "../../../lib/format";
import type { PointColours } from "../../../lib/point_colours";
import { identity, MODALITIES, SHAPES } from "../../../lib/points";
import { METHOD_TITLES } from "../../../lib/projections";
import { POINT, type ScatterPoints, type SelectTool } from "../../../lib/scatter";
import type { Side } from "../../../lib/selection";
import { choose, chosenPoint, lasso } from "../../../point_actions";
import type { Projection } from "../../../schema";
import { selection } from "../../../state";
import { useLines } from "./lines";
import { PointTip } from "./PointTip";
import { useThumbnails } from "./thumbnails";

interface Props {
  side: Side;
  /** Say which side it is. */
  labelled: boolean;
  projection: Projection;
  before: Projection | null;
  colours: PointColours;
  codes: Uint8Array;
  /** Components on the axes. */
  shown: readonly number[];
  extent: readonly Range[];
  camera: Camera | null;
  tool: SelectTool | null;
  onCamera(camera: Camera | null): void;
}

const MARKS = MODALITIES.map((name) => SHAPES[name]);

export function Plot(props: Props) {
  const { side, projection, before, colours, codes, shown, camera } = props;
  const { thumbnails, trails: over, projection: method } = selection.value;
  const figure = useRef<HTMLElement>(null);
  const [run, step] = [runOf[side].value, stepOf[side].value];
  const states = statesOf[side].value ?? NO_STATES;
  const kinds = useMemo(() => kindsOf(projection), [projection]);
  const points = useMemo(
    (): ScatterPoints => ({
      positions: projection.positions,
      components: projection.components,
      axes: shown,
      colours: codes,
      kinds,
      shapes: MARKS,
      states,
    }),
    [projection, shown, codes, kinds, states],
  );
  const lines = useLines(side, projection, before, codes, states, over === "layers" ? shownDepth.value : step);
  const pictures = useThumbnails(projection, states, run, step, thumbnails);
  useRows(figure, () => tableOf(projection, states));

  return (
    <figure class="plot" data-testid={`plot-${side}`} ref={figure} aria-label={props.labelled ? `Points of ${side.toUpperCase()}` : "Points"}>
      {props.labelled && (
        <figcaption>
          {before && <span class="chip a">A</span>}
          {before && "→"}
          <span class={`chip ${side}`}>{side.toUpperCase()}</span>
          {!before && step !== null && <span class="muted">step {formatStep(step)}</span>}
          {lines.note && <span class="muted">{lines.note}</span>}
        </figcaption>
      )}
      <Scatter
        label={`${formatCount(projection.count)} points by ${METHOD_TITLES[method]}`}
        points={points}
        palette={colours.palette}
        trails={lines.trails}
        pictures={pictures}
        labels={lines.labels}
        extent={props.extent}
        camera={camera}
        axisTitles={shown.map((component) => projection.axes[component])}
        chosen={chosenPoint(side)}
        tool={props.tool}
        onCamera={props.onCamera}
        onHover={(point, event) => {
          if (point < 0 || event === null || run === null || step === null) return hideTip();
          const found = identity(projection, point);
          const modality = projection.modalities[projection.modality[point]];
          const key = `${found.tag} ${found.sequence} ${found.token} ${step}`;
          showTip(event, <PointTip key={key} place={{ run, tag: found.tag, step }} {...found} modality={modality} />);
        }}
        onChoose={(point) => choose(side, point)}
        onSelect={(drawn, how) => lasso(side, drawn, how)}
      />
    </figure>
  );
}

const NO_STATES = new Uint8Array();

function kindsOf({ modality, modalities }: Projection): Uint8Array {
  const kindOf = modalities.map((name) => Math.max(0, MODALITIES.indexOf(name)));
  return modality.map((kind) => kindOf[kind]);
}

/** The points that are shown, with their coordinates. */
function tableOf(projection: Projection, states: Uint8Array): Row[] {
  const { components, positions, modalities, modality, axes } = projection;
  const rows: Row[] = [["example", "sequence", "position", "modality", ...axes]];
  for (let point = 0; point < projection.count; point++) {
    if (states[point] === POINT.HIDDEN) continue;
    const { tag, sequence, token } = identity(projection, point);
    const place = positions.subarray(components * point, components * (point + 1));
    rows.push([tag, sequence, token < 0 ? "mean" : String(token), modalities[modality[point]], ...Array.from(place, String)]);
  }
  return rows;
}
