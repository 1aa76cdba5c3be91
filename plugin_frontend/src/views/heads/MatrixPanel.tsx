import { chooseHead } from "../../actions";
import { magnitudeTable, obstacle } from "../../comparison";
import { statisticsOf } from "../../data";
import { HeadMatrix } from "../../elements/HeadMatrix";
import { Legend } from "../../elements/Legend";
import { Notice, Panel } from "../../elements/Panel";
import { Select } from "../../elements/Select";
import { formatBlock, formatNumber, formatSigned } from "../../lib/format";
import type { Scale } from "../../lib/scale";
import type { Statistic } from "../../schema";
import { select, selection, visibleSides } from "../../state";
import { HeadGallery } from "./HeadGallery";
import { blocksShown, commonScale, isDefined, statisticsOffered, type BlockShown } from "./statistics";

/** A statistic of every head, block by block, as layer x head matrices. */
export function MatrixPanel() {
  const { mode, statistic: chosen } = selection.value;
  const sides = visibleSides.value;
  const progress = sides.map((side) => statisticsOf[side]);
  const failed = progress.find(({ error }) => error.value !== null);
  const frames = Object.fromEntries(sides.map((side) => [side, statisticsOf[side].value.value ?? undefined]));
  const front = frames[sides[0]] ?? frames[sides[1]];
  const asDifference = mode === "difference";
  const offered = front ? statisticsOffered(front) : [];
  const statistic = offered.find(({ name }) => name === chosen) ?? offered[0];
  const ready = front && statistic && obstacle.value === null && sides.every((side) => frames[side]);
  const blocks = ready ? blocksShown(frames, statistic.name, asDifference) : [];
  const scale = commonScale(blocks, asDifference);

  return (
    <Panel
      testId="heads"
      loading={progress.some(({ loading }) => loading.value)}
      error={failed?.error.value}
      onRetry={failed?.retry}
      title={statistic && <StatisticPicker offered={offered} chosen={statistic} />}
      aside={
        statistic && (
          <Legend
            scale={scale}
            table={magnitudeTable(asDifference)}
            title={asDifference ? "B − A" : "per head"}
            unit={statistic.unit}
          />
        )
      }
    >
      {obstacle.value !== null && <Notice>{obstacle}</Notice>}
      {front && !statistic && <Notice>No attention was logged for this example.</Notice>}
      {statistic && <p class="description">{statistic.description}</p>}
      <div class="blocks">
        {blocks.filter(saysSomething).map((shown) => (
          <Block key={shown.block.name} shown={shown} scale={scale} asDifference={asDifference} />
        ))}
      </div>
      {ready && <NotDefined blocks={blocks.filter((shown) => !saysSomething(shown))} />}
      {ready && <HeadGallery />}
    </Panel>
  );
}

function saysSomething({ matrices, ...shown }: BlockShown): boolean {
  return shown.obstacle !== null || matrices.some(({ values }) => isDefined(values));
}

function NotDefined({ blocks }: { blocks: readonly BlockShown[] }) {
  if (blocks.length === 0) return null;
  const names = blocks.map(({ block }) => formatBlock(block.name)).join(", ");
  return (
    <p class="not-defined" data-testid="not-defined">
      <i class="swatch hatched" /> Not defined for {names}.
    </p>
  );
}

function StatisticPicker({ offered, chosen }: { offered: readonly Statistic[]; chosen: Statistic }) {
  const custom = offered.some((statistic) => statistic.custom);
  return (
    <Select
      label="Statistic"
      options={offered.map((statistic) => ({
        value: statistic.name,
        label: statistic.title,
        group: custom ? (statistic.custom ? "Your own" : "Built in") : undefined,
      }))}
      value={chosen.name}
      onChoose={(statistic) => select({ statistic })}
    />
  );
}

function Block({ shown, scale, asDifference }: { shown: BlockShown; scale: Scale; asDifference: boolean }) {
  const { block, matrices } = shown;
  const { block: chosenBlock, layer, head } = selection.value;
  const chosen = chosenBlock === block.name;
  const title = formatBlock(block.name);
  return (
    <section
      class="block"
      data-testid={`block-${block.name}`}
      data-chosen={chosen}
      style={{ "--sides": Math.max(1, matrices.length) }}
    >
      <h3>
        {title}{" "}
        <span class="muted">
          {block.query === block.key ? `within ${block.query}` : `${block.query} looks at ${block.key}`}
        </span>
      </h3>
      {shown.obstacle !== null && <p class="muted">{shown.obstacle}</p>}
      <div class="matrices">
        {matrices.map(({ side, values }) => (
          <div key={side} class="matrix-of">
            {matrices.length > 1 && <span class={`chip ${side}`}>{side.toUpperCase()}</span>}
            <HeadMatrix
              {...values}
              label={`${title}, layers by heads${side === "both" ? ", B minus A" : `, ${side.toUpperCase()}`}`}
              scale={scale}
              table={magnitudeTable(asDifference)}
              selected={chosen && layer !== null && head !== null ? { layer, head } : null}
              format={asDifference ? formatSigned : formatNumber}
              onChoose={(toLayer, toHead) => chooseHead(block.name, toLayer, toHead)}
            />
          </div>
        ))}
      </div>
    </section>
  );
}
