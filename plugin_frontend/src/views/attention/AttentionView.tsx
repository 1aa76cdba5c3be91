import { chooseRole } from "../../actions";
import { attentionOf } from "../../data";
import { Legend } from "../../elements/Legend";
import { Notice, Panel } from "../../elements/Panel";
import { Segmented } from "../../elements/Segmented";
import { formatNumber } from "../../lib/format";
import { exceeds } from "../../lib/readings";
import { select, selection, visibleSides } from "../../state";
import { AttentionSide, chosenTokenName } from "./AttentionSide";
import { HeadNavigator } from "./HeadNavigator";
import { LayoutPicker } from "./LayoutPicker";
import { MatrixView } from "./matrix/MatrixView";
import { shownAttention, type AttentionShown } from "./shown";

export function AttentionView() {
  if (selection.value.layout === "matrix") {
    return (
      <div class="view attention-view" data-testid="view-attention">
        <MatrixView />
        <HeadNavigator />
      </div>
    );
  }
  return <AttentionPictures />;
}

function AttentionPictures() {
  const shown = shownAttention();
  const { role, smooth } = selection.value;
  const progress = visibleSides.value.map((side) => attentionOf[side]);
  const failed = progress.find(({ error }) => error.value !== null);
  const [front] = shown.sides;
  return (
    <div class="view attention-view" data-testid="view-attention">
      <Panel
        class="attention-main"
        testId="attention"
        loading={progress.some(({ loading }) => loading.value)}
        error={failed?.error.value}
        onRetry={failed?.retry}
        title={front && <Question name={chosenTokenName(front)} role={role} asDifference={shown.asDifference} />}
        aside={
          <>
            <Segmented
              name="Direction"
              value={role}
              choices={[
                { value: "query", label: "looks at", title: "What the chosen token looks at" },
                { value: "key", label: "looked at by", title: "What looks at the chosen token" },
              ]}
              onChoose={chooseRole}
            />
            <Segmented
              name="Patches"
              value={smooth ? "smooth" : "raw"}
              choices={[
                { value: "raw", label: "raw", title: "One colour per patch (M)" },
                { value: "smooth", label: "smooth", title: "Bilinear between the patches' centres (M)" },
              ]}
              onChoose={(value) => select({ smooth: value === "smooth" })}
            />
            <LayoutPicker />
          </>
        }
      >
        {shown.obstacle !== null && <Notice>{shown.obstacle}</Notice>}
        <div class="attention-sides">
          {shown.sides.map((side) => (
            <AttentionSide key={side.side} shown={shown} side={side} />
          ))}
        </div>
        {front && <Scales shown={shown} />}
      </Panel>
      <HeadNavigator />
    </div>
  );
}

function Question({ name, role, asDifference }: { name: string; role: string; asDifference: boolean }) {
  const change = asDifference ? "B − A: " : "";
  return role === "query" ? (
    <>
      {change}what <mark>{name}</mark> looks at
    </>
  ) : (
    <>
      {change}what looks at <mark>{name}</mark>
    </>
  );
}

function Scales({ shown }: { shown: AttentionShown }) {
  const [{ readings }] = shown.sides;
  const exceeded = shown.sides.some(({ readings: { words } }) => exceeds(words, shown.wordScale));
  const error = Math.max(
    ...shown.sides.flatMap(({ frame }) => frame.plan?.parts.map((part) => part.quantisationError) ?? [0]),
  );
  const title = shown.asDifference ? "change of the weight" : "weight";
  return (
    <footer class="scales">
      {readings.image?.weights && (
        <Legend scale={shown.imageScale} table={shown.imageTable} title={`${title}, image`} unit="" />
      )}
      {readings.words?.weights && (
        <Legend
          scale={shown.wordScale}
          table={shown.wordTable}
          title={`${title}, words`}
          unit=""
          note={exceeded ? "special tokens exceed it" : undefined}
        />
      )}
      {error > 0 && <p class="muted error-bound">Stored weights are exact within {formatNumber(error)}.</p>}
    </footer>
  );
}
