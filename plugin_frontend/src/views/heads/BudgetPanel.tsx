import { chooseHead, moveTo } from "../../actions";
import { placeOf } from "../../catalogue";
import { obstacle } from "../../comparison";
import { manifestOf } from "../../data";
import { ChartFigure } from "../../elements/ChartFigure";
import { LineChart, valueRange } from "../../elements/LineChart";
import { Named } from "../../elements/Named";
import { Notice, Panel } from "../../elements/Panel";
import { Segmented } from "../../elements/Segmented";
import { SeriesLegend } from "../../elements/SeriesLegend";
import { StackedAreas } from "../../elements/StackedAreas";
import { budgetBlocks, budgetsOf, type BlockBudget } from "../../head_panels";
import { formatBlock, formatStep } from "../../lib/format";
import type { Side } from "../../lib/selection";
import type { AttentionBlock } from "../../schema";
import { select, selection, visibleSides } from "../../state";
import { budgetChange, budgetOfLayers, budgetOfSteps, partsSpent, type BudgetPart } from "./budget";

type SpentParts = readonly BudgetPart[];

interface SideBudget extends BlockBudget {
  side: Side;
  run: string;
  step: number;
}

/** What the attention of content tokens is spent on, layer by layer and step by step. */
export function BudgetPanel() {
  const { averaged, mode, layer } = selection.value;
  const sides = visibleSides.value;
  const progress = sides.map((side) => budgetsOf[side]);
  const failed = progress.find(({ error }) => error.value !== null);
  const loaded = sides.flatMap(budgetsOfSide);
  const blocks = [...new Set(loaded.map(({ block }) => block.name))];
  const spent = partsSpent(loaded.map(({ history }) => history));
  const manifests = sides.flatMap((side) => manifestOf[side].value.value ?? []);
  const unlogged = manifests.length > 0 && sides.every((side) => budgetBlocks(side).length === 0);
  return (
    <Panel
      testId="budget"
      class="heads-panel"
      title="What attention is spent on"
      loading={progress.some(({ loading }) => loading.value)}
      error={failed?.error.value}
      onRetry={failed?.retry}
      aside={
        !unlogged && (
          <Segmented
            name="Layer of the charts over the steps"
            value={averaged ? "mean" : "layer"}
            choices={[
              { value: "layer", label: `layer ${layer ?? ""}`, title: "Over the steps: the chosen layer" },
              { value: "mean", label: "mean of layers", title: "Over the steps: the mean of all layers" },
            ]}
            onChoose={(value) => select({ averaged: value === "mean" })}
          />
        )
      }
    >
      {obstacle.value !== null && <Notice>{obstacle}</Notice>}
      {unlogged ? (
        <Notice>
          The budget of attention was not logged with this example. Log again with this version: it is computed with the
          other statistics.
        </Notice>
      ) : (
        <>
          <p class="description">
            {mode === "difference" && "B − A: "}Of the attention of a word or patch, the share that goes to each kind of
            token, as a mean over heads. A sink counts as a sink, whatever it is otherwise.
          </p>
          <BudgetLegend spent={spent} />
          {obstacle.value === null &&
            blocks.map((name) => (
              <BlockCharts key={name} sides={loaded.filter(({ block }) => block.name === name)} spent={spent} />
            ))}
        </>
      )}
    </Panel>
  );
}

function budgetsOfSide(side: Side): SideBudget[] {
  const [budgets, place] = [budgetsOf[side].value.value, placeOf[side].value];
  return budgets && place ? budgets.map((budget) => ({ side, run: place.run, step: place.step, ...budget })) : [];
}

function BudgetLegend({ spent }: { spent: SpentParts }) {
  if (selection.value.mode === "difference") {
    return <SeriesLegend entries={spent.map(({ name, series }) => ({ name, series }))} />;
  }
  return (
    <ul class="series-legend" data-testid="budget-legend">
      {spent.map(({ name, colour, dotted }) => (
        <li key={name}>
          <i class={`swatch ${dotted ? "dotted" : ""}`} style={{ backgroundColor: colour }} /> {name}
        </li>
      ))}
    </ul>
  );
}

function BlockCharts({ sides, spent }: { sides: readonly SideBudget[]; spent: SpentParts }) {
  const { mode, block: chosen, layer, averaged } = selection.value;
  const { block } = sides[0];
  const line = block.layers.indexOf(layer ?? NaN);
  const charted = { sides, spent, layer: averaged || line < 0 ? "mean" : line } as const;
  return (
    <section class="budget-block" data-testid={`budget-${block.name}`} data-chosen={chosen === block.name}>
      <h3>
        {formatBlock(block.name)}{" "}
        <span class="muted">
          {block.query === block.key ? `within ${block.query}` : `${block.query} looks at ${block.key}`}
        </span>
      </h3>
      <div class="charts budget-charts">
        {mode === "difference" ? <Change {...charted} /> : <Shares {...charted} />}
      </div>
    </section>
  );
}

interface Charted {
  sides: readonly SideBudget[];
  spent: SpentParts;
  /** Of the charts over the steps, counted from 0. */
  layer: number | "mean";
}

/** The block's layers at the steps shown, then its steps: one chart per run. */
function Shares({ sides, spent, layer }: Charted) {
  const runs = sides.filter(({ run }, index) => sides.findIndex((other) => other.run === run) === index);
  return (
    <>
      {sides.map(({ side, step, block, history }) => (
        <ChartFigure key={side} title={<Named side={sides.length > 1 ? side : null} text={`Layers at step ${formatStep(step)}`} />} axis="layer">
          <StackedAreas
            label={`Attention budget of ${formatBlock(block.name)} over the layers, ${side.toUpperCase()}`}
            places={block.layers}
            parts={budgetOfLayers(history, spent, step)}
            marks={chosenLayer(block)}
            formatPlace={String}
            describePlace={(place) => `layer ${place}`}
            onChoose={(place) => chooseHead(block.name, place, selection.peek().head ?? "mean")}
          />
        </ChartFigure>
      ))}
      {runs.map(({ side, run, block, history }) => (
        <ChartFigure
          key={`steps ${side}`}
          title={<Named side={runs.length > 1 ? side : null} text={`Steps, ${layerTitle(block, layer)}`} />}
          axis="step"
        >
          <StackedAreas
            label={`Attention budget of ${formatBlock(block.name)} over the steps, ${side.toUpperCase()}`}
            places={history.steps}
            parts={budgetOfSteps(history, spent, layer)}
            marks={sides.filter((other) => other.run === run).map((other) => ({ place: other.step, kind: other.side }))}
            formatPlace={formatStep}
            describePlace={(place) => `step ${formatStep(place)}`}
            onChoose={(place) => moveTo(side, place)}
          />
        </ChartFigure>
      ))}
    </>
  );
}

/** B minus A, a line per part. */
function Change({ sides, spent, layer }: Charted) {
  const [a, b] = sides;
  if (!b) return <p class="muted">Not computed for both A and B.</p>;
  const layers = budgetChange(
    spent,
    { places: a.block.layers, parts: budgetOfLayers(a.history, spent, a.step) },
    { places: b.block.layers, parts: budgetOfLayers(b.history, spent, b.step) },
  );
  const steps = budgetChange(
    spent,
    { places: a.history.steps, parts: budgetOfSteps(a.history, spent, layer) },
    { places: b.history.steps, parts: budgetOfSteps(b.history, spent, layer) },
  );
  const extent = valueRange([...layers, ...(a.run === b.run ? [] : steps)]) ?? [-1, 1];
  const reach = Math.max(Math.abs(extent[0]), Math.abs(extent[1]), 1);
  return (
    <>
      <ChartFigure title="Layers" note="B − A in percentage points" axis="layer">
        <LineChart
          label={`Change of the attention budget of ${formatBlock(a.block.name)} over the layers`}
          lines={layers}
          marks={[]}
          extent={[-reach, reach]}
          formatX={String}
          describeX={(place) => `layer ${place}`}
          onChoose={(place) => chooseHead(a.block.name, place, selection.peek().head ?? "mean")}
        />
      </ChartFigure>
      {a.run !== b.run && (
        <ChartFigure title={`Steps, ${layerTitle(a.block, layer)}`} note="B − A at the same step, in percentage points" axis="step">
          <LineChart
            label={`Change of the attention budget of ${formatBlock(a.block.name)} over the steps`}
            lines={steps}
            marks={[]}
            extent={[-reach, reach]}
            onChoose={(place) => moveTo("a", place)}
          />
        </ChartFigure>
      )}
    </>
  );
}

function chosenLayer({ name, layers }: AttentionBlock) {
  const { block, layer } = selection.value;
  return block === name && layer !== null && layers.includes(layer) ? [{ place: layer, kind: "chosen" as const }] : [];
}

function layerTitle({ layers }: AttentionBlock, layer: number | "mean"): string {
  if (layers.length === 1) return `layer ${layers[0]}`;
  return layer === "mean" ? `mean of ${layers.length} layers` : `layer ${layers[layer]}`;
}
