import { useMemo } from "preact/hooks";
import { chooseHead } from "../../actions";
import { obstacle } from "../../comparison";
import { headStatisticsOf } from "../../cohorts";
import { HeadScatter } from "../../elements/HeadScatter";
import { Legend } from "../../elements/Legend";
import { Notice, Panel } from "../../elements/Panel";
import { Segmented } from "../../elements/Segmented";
import { Select } from "../../elements/Select";
import type { StatisticsFrame } from "../../frames";
import { viridis } from "../../lib/colour";
import { formatBlock, formatNumber, formatSigned, withUnit } from "../../lib/format";
import { markPath } from "../../lib/head_marks";
import { headKey, toggled } from "../../lib/heads";
import { range } from "../../lib/scale";
import type { Side } from "../../lib/selection";
import type { Statistic } from "../../schema";
import { select, selection, visibleSides } from "../../state";
import { axesShown, blocksWithout, drawable, extentOf, looks, movedHeads, placedHeads, toPoint, type PlacedHead } from "./scatter";
import { shownUnit } from "./shown";
import { statisticsOffered } from "./statistics";

interface Plotted {
  side: Side | "both";
  heads: PlacedHead[];
}

/** All heads in the plane of two statistics. */
export function ScatterPanel() {
  const { across, up, tint, mode } = selection.value;
  const sides = visibleSides.value;
  const progress = sides.map((side) => headStatisticsOf[side]);
  const failed = progress.find(({ error }) => error.value !== null);
  const frames = sides.flatMap((side) => {
    const frame = headStatisticsOf[side].value.value;
    return frame ? [{ side, frame }] : [];
  });
  const [front] = frames;
  const asDifference = mode === "difference";
  const offered = front ? statisticsOffered(front.frame) : [];
  const axes = front ? axesShown(front.frame, offered, across, up) : null;
  const ready = axes && obstacle.value === null && frames.length === sides.length;
  const [x, y] = axes?.map(({ name }) => name) ?? ["", ""];
  const found = sides.map((side) => headStatisticsOf[side].value.value);
  const { shown, drawn, all } = useMemo(() => plotted(ready ? frames : [], x, y, asDifference), [ready, x, y, asDifference, ...found]);
  const without = blocksWithout(all, drawn);
  const blocks = [...new Set(drawn.map(({ block }) => block))];
  const layers = range(drawn.map(({ layer }) => layer)) ?? [0, 0];
  const axis = (label: string, chosen: Statistic, key: "across" | "up") => (
    <Select
      label={label}
      labelled
      options={offered.map(({ name, title }) => ({ value: name, label: title }))}
      value={chosen.name}
      onChoose={(name) => select({ [key]: name })}
    />
  );
  return (
    <Panel
      testId="scatter"
      loading={progress.some(({ loading }) => loading.value)}
      error={failed?.error.value}
      onRetry={failed?.retry}
      title={
        axes && (
          <span class="axis-pickers">
            {axis("across", axes[0], "across")}
            {axis("up", axes[1], "up")}
          </span>
        )
      }
      aside={
        <Segmented
          name="Colours of the heads"
          value={tint}
          choices={[
            { value: "layer", label: "by layer", title: "Colours say the layer" },
            { value: "block", label: "by block", title: "Colours say the block, as the shapes do" },
          ]}
          onChoose={(value) => select({ tint: value })}
        />
      }
    >
      {obstacle.value !== null && <Notice>{obstacle}</Notice>}
      {front && !axes && <Notice>No statistics were logged for this example.</Notice>}
      {ready && drawn.length === 0 && <Notice>No head has a value of both statistics. Choose another one.</Notice>}
      {drawn.length > 0 && axes && (
        <>
          <div class="head-scatters">
            {shown.map(({ side, heads }) => (
              <Plot key={side} side={side} labelled={shown.length > 1} heads={heads} all={drawn} blocks={blocks} layers={layers} axes={axes} />
            ))}
          </div>
          <footer class="scatter-foot">
            {tint === "layer" && layers[1] > layers[0] && (
              <Legend scale={{ low: layers[0], high: layers[1], diverging: false }} table={viridis} title="layer" unit="" />
            )}
            <Shapes blocks={blocks} layers={layers} />
            {asDifference && <p class="muted">Each head where it is in B, with an arrow from where it was in A.</p>}
            <p class="muted">Click a head to look at it. Drag to pick several, with Shift to add to those picked.</p>
          </footer>
        </>
      )}
      {ready && without.length > 0 && drawn.length > 0 && (
        <p class="not-defined" data-testid="not-defined">
          <i class="swatch hatched" /> One of the two is not defined for {without.map(formatBlock).join(", ")}.
        </p>
      )}
    </Panel>
  );
}

/** The heads of each plot that can be drawn, all of these, and all that there are. */
function plotted(frames: readonly { side: Side; frame: StatisticsFrame }[], x: string, y: string, asDifference: boolean) {
  const placed = frames.map(({ side, frame }): Plotted => ({ side, heads: placedHeads(frame, x, y) }));
  const [a, b] = placed;
  const sides: Plotted[] = asDifference ? (b ? [{ side: "both", heads: movedHeads(a.heads, b.heads) }] : []) : placed;
  const shown = sides.map(({ side, heads }) => ({ side, heads: drawable(heads) }));
  return { shown, drawn: shown.flatMap(({ heads }) => heads), all: sides.flatMap(({ heads }) => heads) };
}

interface PlotProps extends Plotted {
  labelled: boolean;
  all: readonly PlacedHead[];
  blocks: readonly string[];
  layers: readonly [number, number];
  axes: readonly [Statistic, Statistic];
}

function Plot({ side, labelled, heads, all, blocks, layers, axes }: PlotProps) {
  const { block, layer, head, tint, picked } = selection.value;
  const points = useMemo(() => {
    const look = looks(blocks, layers, tint);
    return heads.map((one) => toPoint(one, look));
  }, [heads, tint, blocks.join(), layers.join()]);
  const extent = extentOf(all);
  const title = (statistic: Statistic) => {
    const unit = shownUnit(statistic);
    return withUnit(statistic.title, unit && unit !== "share" ? `(${unit})` : "");
  };
  const choose = (index: number) => chooseHead(heads[index].block, heads[index].layer, heads[index].head);
  return (
    <figure class="head-plot" data-testid={`scatter-${side}`}>
      {labelled && (
        <figcaption>
          <span class={`chip ${side}`}>{side.toUpperCase()}</span>
        </figcaption>
      )}
      <HeadScatter
        label={`${heads.length} heads by ${axes[0].title} and ${axes[1].title}${side === "both" ? ", from A to B" : ""}`}
        points={points}
        extent={extent}
        axisTitles={[title(axes[0]), title(axes[1])]}
        chosen={block !== null && layer !== null && typeof head === "number" ? headKey(block, { layer, head }) : null}
        picked={new Set(picked)}
        describe={(index) => (
          <>
            <b>{named(heads[index])}</b>
            {axes.map((statistic, place) => (
              <div key={statistic.name}>
                {statistic.title} <b>{reading(heads[index], place)}</b>
              </div>
            ))}
          </>
        )}
        speak={(index) =>
          `${named(heads[index])}: ${axes.map((statistic, place) => `${statistic.title} ${reading(heads[index], place)}`).join(", ")}`
        }
        onChoose={choose}
        onToggle={(index) => select({ picked: toggled(picked, [heads[index].key]) })}
        onPick={(indices, add) => {
          const keys = indices.map((index) => heads[index].key);
          select({ picked: add ? [...new Set([...picked, ...keys])] : keys });
        }}
      />
    </figure>
  );
}

function Shapes({ blocks, layers }: { blocks: readonly string[]; layers: readonly [number, number] }) {
  const { tint } = selection.value;
  const { shapeOf, colourOf } = looks(blocks, layers, tint);
  return (
    <ul class="series-legend" data-testid="shapes">
      {blocks.map((block) => (
        <li key={block}>
          <svg class="shape" viewBox="0 0 14 14" aria-hidden="true">
            <path d={markPath(shapeOf(block), [7, 7], 4.6)} style={tint === "block" ? { fill: colourOf({ block, layer: 0 }) } : undefined} />
          </svg>{" "}
          {formatBlock(block)}
        </li>
      ))}
    </ul>
  );
}

function named({ block, layer, head }: PlacedHead): string {
  return `${formatBlock(block)}, layer ${layer}, head ${head}`;
}

/** The number on an axis; of a head that moved, from where and by how much. */
function reading({ place, from }: PlacedHead, axis: number): string {
  if (!from) return formatNumber(place[axis]);
  return `${formatNumber(from[axis])} → ${formatNumber(place[axis])} (${formatSigned(place[axis] - from[axis])})`;
}
