import { chooseHead, hoverHead } from "../../actions";
import { chooseWholeHead, chooseWholeLayer, combineBy, toggleHead } from "../../attention_actions";
import { magnitudeTable } from "../../comparison";
import { statisticsOf } from "../../data";
import { HeadMatrix } from "../../elements/HeadMatrix";
import { Legend } from "../../elements/Legend";
import { Notice, Panel } from "../../elements/Panel";
import { Segmented } from "../../elements/Segmented";
import { Select } from "../../elements/Select";
import { headsOf, layersOf } from "../../lib/blocks";
import { formatBlock, formatNumber, formatSigned } from "../../lib/format";
import { REDUCTIONS, type Reduction } from "../../lib/selection";
import type { AttentionBlock } from "../../schema";
import { select, selection, visibleSides } from "../../state";
import { blocksShown, commonScale, isDefined, statisticsOffered } from "../heads/statistics";

/** All heads of one block, to go from one to the next, or combine several, while the image stays in sight. */
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
  const combined = shown ? cellsCombined(shown.block) : null;

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
            look={(line, itsHead) => ({ picked: combined?.has(`${values.layers[line]}.${itsHead}`) })}
            format={asDifference ? formatSigned : formatNumber}
            onChoose={(toLayer, toHead) => chooseHead(shown.block.name, toLayer, toHead)}
            onHover={(at) => hoverHead(shown.block.name, at)}
            onPick={(toLayer, toHead) => toggleHead(shown.block.name, toLayer, toHead)}
            onLayer={(toLayer) => chooseWholeLayer(shown.block.name, toLayer)}
            onColumn={(toHead) => chooseWholeHead(shown.block.name, toHead)}
          />
        </div>
      ))}
      {shown && shown.matrices.length > 0 && statistic && (
        <Legend scale={scale} table={magnitudeTable(asDifference)} title={statistic.title} unit={statistic.unit} />
      )}
      {shown && <Combination block={shown.block} combined={combined} />}
    </Panel>
  );
}

/** The cells whose weights are combined, as "layer.head"; null where it is but one. */
function cellsCombined(block: AttentionBlock): ReadonlySet<string> | null {
  const heads = headsOf(selection.value, block);
  const layers = layersOf(selection.value, block);
  const columns = heads === "mean" ? ["mean"] : heads;
  if (columns.length * layers.length < 2) return null;
  return new Set(layers.flatMap((layer) => columns.map((head) => `${layer}.${head}`)));
}

/** How several heads or layers are combined. */
function Combination({ block, combined }: { block: AttentionBlock; combined: ReadonlySet<string> | null }) {
  const { reduce, headSet, layerSet, head, layer } = selection.value;
  const single = combined === null && head !== "mean";
  return (
    <div class="combination" data-testid="combination">
      <span class="muted">{single ? "Ctrl-click adds heads" : combined === null ? "All heads" : `${combined.size} combined`}</span>
      <Segmented<Reduction>
        name="Combine heads by"
        value={reduce}
        choices={REDUCTIONS.map((value) => ({
          value,
          label: value,
          title: value === "mean" ? "The mean of their weights" : "The largest of their weights, token by token",
          disabled: single ? "Choose several heads first: Ctrl-click adds one, a layer's number all of its heads." : null,
        }))}
        onChoose={combineBy}
      />
      {(headSet.length > 0 || layerSet.length > 0) && (
        <button type="button" class="quiet" onClick={() => chooseHead(block.name, layer ?? 0, head ?? "mean")}>
          only one
        </button>
      )}
    </div>
  );
}
