import { chooseHead } from "../../actions";
import { magnitudeTable } from "../../comparison";
import { statisticsOf } from "../../data";
import { HeadMatrix } from "../../elements/HeadMatrix";
import { Legend } from "../../elements/Legend";
import { Notice, Panel } from "../../elements/Panel";
import { Select } from "../../elements/Select";
import { formatBlock, formatNumber, formatSigned } from "../../lib/format";
import { select, selection, visibleSides } from "../../state";
import { blocksShown, commonScale, isDefined, statisticsOffered } from "../heads/statistics";

/** All heads of one block, to go from one to the next while the image stays in sight. */
export function HeadNavigator() {
  const { block: chosen, layer, head, mode, statistic: wanted } = selection.value;
  const sides = visibleSides.value;
  const frames = Object.fromEntries(sides.map((side) => [side, statisticsOf[side].value.value ?? undefined]));
  const front = frames[sides[0]];
  const { error, loading, retry } = statisticsOf[sides[0]];
  const asDifference = mode === "difference";
  const offered = front ? statisticsOffered(front) : [];
  const shownAs = (name: string) => blocksShown(frames, name, asDifference).find(({ block }) => block.name === chosen);
  const speaks = (name: string) => shownAs(name)?.matrices.some(({ values }) => isDefined(values)) ?? false;
  const named = offered.find(({ name }) => name === wanted) ?? offered[0];
  const statistic = named && !speaks(named.name) ? offered.find(({ name }) => speaks(name)) ?? named : named;
  const ready = statistic && (!asDifference || sides.every((side) => frames[side]));
  const shown = ready ? shownAs(statistic.name) : null;
  const scale = commonScale(shown ? [shown] : [], asDifference);
  const blocks = front?.manifest.attention ?? [];

  return (
    <Panel
      class="navigator"
      testId="navigator"
      title="Head"
      loading={loading.value}
      error={error.value}
      onRetry={retry}
      aside={
        blocks.length > 1 && (
          <Select
            label="Block"
            options={blocks.map(({ name }) => ({ value: name, label: formatBlock(name) }))}
            value={chosen ?? ""}
            onChoose={(name) => chooseHead(name, layer ?? 0, head ?? "mean")}
          />
        )
      }
    >
      {statistic && (
        <Select
          label="Coloured by"
          labelled
          options={offered.map(({ name, title }) => ({ value: name, label: title }))}
          value={statistic.name}
          onChoose={(name) => select({ statistic: name })}
        />
      )}
      {shown?.obstacle && <Notice>{shown.obstacle}</Notice>}
      {shown?.matrices.map(({ side, values }) => (
        <div key={side} class="matrix-of">
          {shown.matrices.length > 1 && <span class={`chip ${side}`}>{side.toUpperCase()}</span>}
          <HeadMatrix
            {...values}
            compact
            label={`${formatBlock(shown.block.name)}, layers by heads${side === "both" ? "" : `, ${side.toUpperCase()}`}`}
            scale={scale}
            table={magnitudeTable(asDifference)}
            selected={layer !== null && head !== null ? { layer, head } : null}
            format={asDifference ? formatSigned : formatNumber}
            onChoose={(toLayer, toHead) => chooseHead(shown.block.name, toLayer, toHead)}
          />
        </div>
      ))}
      {shown && shown.matrices.length > 0 && statistic && (
        <Legend scale={scale} table={magnitudeTable(asDifference)} title={statistic.title} unit={statistic.unit} />
      )}
    </Panel>
  );
}
