import { choosePoint, moveTo } from "../../../actions";
import { imageUrl } from "../../../api";
import { exampleOf, placeOf, runOf, stepOf } from "../../../catalogue";
import { shownDepth } from "../../../data";
import { NeighbourColumns } from "../../../elements/NeighbourColumns";
import { Notice, Panel } from "../../../elements/Panel";
import { Segmented } from "../../../elements/Segmented";
import { formatLabel, formatNumber, formatPlace, formatStep, formatToken } from "../../../lib/format";
import { farthest, newAgainst, newcomers } from "../../../lib/neighbourhoods";
import type { NeighbourColumns as Over, Side } from "../../../lib/selection";
import { askedToken, columnSteps, nearestOf, type NearestTokens } from "../../../neighbourhoods";
import type { Modality } from "../../../schema";
import { select, selection, visibleSides } from "../../../state";
import { JobProgress } from "../../frame/JobProgress";
import { ExampleTokens } from "./ExampleTokens";

const COLUMNS: readonly { value: Over; label: string; title: string }[] = [
  { value: "layers", label: "layers", title: "A column per layer" },
  { value: "steps", label: "steps", title: "A column per step, of the layer above" },
];

/** The nearest tokens of the chosen one, within its modality and across, over layers or over steps. */
export function NearestPanel() {
  const { neighbourColumns, everyWord } = selection.value;
  const sides = visibleSides.value;
  const asked = askedToken.value;
  const progress = sides.map((side) => nearestOf[side]);
  const failed = progress.find(({ error }) => error.value !== null);
  const shown = sides.flatMap((side) => {
    const found = nearestOf[side].value.value;
    return found ? [{ side, ...found }] : [];
  });
  return (
    <Panel
      class="nearest"
      testId="nearest"
      title={asked ? <>Nearest to {nameOf(asked.sequence.tokens[asked.token], asked.sequence.boxes[asked.token] !== null)}</> : "Nearest tokens"}
      loading={progress.some(({ loading }) => loading.value)}
      error={failed?.error.value}
      onRetry={failed?.retry}
      aside={
        <>
          <label class="check" title="The same word is near in many examples: show it once, where it is nearest">
            <input type="checkbox" checked={!everyWord} onChange={() => select({ everyWord: !everyWord })} /> each word once
          </label>
          <Segmented name="Columns" value={neighbourColumns} choices={COLUMNS} onChoose={(value) => select({ neighbourColumns: value })} />
        </>
      }
    >
      <ExampleTokens />
      {asked !== null && <JobProgress />}
      {asked === null ? (
        <Notice>
          Choose a word or a patch above, a point in Points, or{" "}
          <button type="button" class="button" onClick={() => select({ neighbourhoods: "hubs" })}>
            one of the hubs
          </button>
        </Notice>
      ) : (
        shown.length > 0 && <Groups shown={shown} />
      )}
    </Panel>
  );
}

type SideNearest = { side: Side; over: Over; groups: NearestTokens[] };

function Groups({ shown }: { shown: readonly SideNearest[] }) {
  const { mode, everyWord } = selection.value;
  const asDifference = mode === "difference";
  const front = shown.filter(({ side }) => !asDifference || side === "b");
  const over = shown[0].over;
  const [own] = shown[0].groups;
  const before = asDifference ? "of A" : over === "layers" ? "in the layer before" : "at the step before";
  return (
    <>
      {shown[0].groups.map(({ modality }) => {
        const ofSides = front.flatMap(({ side, groups }) => {
          const group = groups.find((one) => one.modality === modality);
          return group && group.columns.some(({ neighbours }) => neighbours.length > 0) ? [{ side, ...group }] : [];
        });
        // One scale for what stands side by side.
        const far = farthest(ofSides.flatMap(({ columns }) => columns));
        const a = shown.find(({ side }) => side === "a")?.groups.find((one) => one.modality === modality);
        return (
          <section key={modality} class="nearest-group" data-testid={`nearest-${modality}`}>
            <h3>
              {KINDS[modality]} <span class="muted">{modality === own.modality ? "its own modality" : "across modalities"}</span>
            </h3>
            {ofSides.length === 0 ? (
              <p class="muted">No {modality} tokens lie in this space.</p>
            ) : (
              <div class="nearest-sides">
                {ofSides.map(({ side, columns }) => (
                  <div key={side} class="nearest-side" data-testid={`nearest-${modality}-${side}`}>
                    {shown.length > 1 && <span class={`chip ${side}`}>{side.toUpperCase()}</span>}
                    <NeighbourColumns
                      label={formatLabel(KINDS[modality], shown.length > 1 && side.toUpperCase())}
                      columns={columns}
                      fresh={asDifference && a ? newAgainst(columns, a.columns, !everyWord) : newcomers(columns, !everyWord)}
                      before={before}
                      farthest={far}
                      chosen={over === "layers" ? shownDepth.value : stepOf[side].value}
                      titleOf={over === "layers" ? String : formatStep}
                      nameOf={(number) => `${over === "layers" ? "layer" : "step"} ${formatStep(number)}`}
                      urlOf={(image) => imageUrl(runOf[side].value ?? "", image)}
                      onColumn={(number) => (over === "layers" ? select({ depth: number }) : moveTo(side, number))}
                      onChoose={({ tag, sequence, token }) => choosePoint(tag, sequence, token)}
                    />
                  </div>
                ))}
              </div>
            )}
            {ofSides.length > 0 && <p class="muted nearest-scale">Bars from 0 to {formatNumber(far)}.</p>}
          </section>
        );
      })}
      <p class="muted nearest-legend">
        <i class="new-mark" /> not among the nearest {before}. <Columns over={over} />
      </p>
    </>
  );
}

/** Where there are more steps than columns. */
function Columns({ over }: { over: Over }) {
  const side = visibleSides.value[0];
  const [steps, place] = [exampleOf[side].value?.steps ?? [], placeOf[side].value];
  if (over === "layers" || !place) return null;
  const shown = columnSteps(steps, place.step).length;
  return shown < steps.length ? <>{shown} of {steps.length} steps have a column.</> : null;
}

const KINDS: Record<Modality, string> = {
  text: "Nearest words",
  image: "Nearest patches",
  special: "Nearest special tokens",
  generated: "Nearest generated tokens",
  padding: "Nearest padding",
};

function nameOf(text: string, placed: boolean): string {
  return placed ? formatPlace(text) : `“${formatToken(text)}”`;
}
