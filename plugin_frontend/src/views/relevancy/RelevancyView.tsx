import { stepOf } from "../../catalogue";
import { Notice, Panel } from "../../elements/Panel";
import { Segmented } from "../../elements/Segmented";
import { formatStep, formatToken } from "../../lib/format";
import { evaluationsOf, explainedShown, relevancyOf } from "../../relevancy";
import { select, selection, visibleSides } from "../../state";
import { DriftPanel } from "./DriftPanel";
import { Faithfulness } from "./Faithfulness";
import { MapControls } from "./MapControls";
import { Measures } from "./Measures";
import { MethodMaps } from "./MethodMaps";
import { PerturbedInput } from "./PerturbedInput";
import { shownRelevancy } from "./shown";
import { Unlogged } from "./Unlogged";

export function RelevancyView() {
  const sides = visibleSides.value;
  const frames = sides.flatMap((side) => relevancyOf[side].value.value ?? []);
  const mapped = frames.some(({ maps }) => maps.length > 0);
  const tested = frames.some(({ manifest }) => manifest.perturbation.length > 0);
  const evaluated = sides.some((side) => (evaluationsOf[side].value.value?.evaluations.length ?? 0) > 0);
  return (
    <div class="view relevancy-view" data-testid="view-relevancy" data-sides={sides.length}>
      <Maps />
      {(mapped || tested) && <PerturbedInput />}
      {mapped && <DriftPanel />}
      {(mapped || evaluated) && <Faithfulness />}
      {(mapped || evaluated) && <Measures />}
    </div>
  );
}

function Maps() {
  const shown = shownRelevancy();
  const { smooth } = selection.value;
  const sides = visibleSides.value;
  const progress = sides.map((side) => relevancyOf[side]);
  const failed = progress.find(({ error }) => error.value !== null);
  const frames = progress.flatMap(({ value }) => value.value ?? []);
  const unlogged = frames.length === sides.length && frames.every(({ maps }) => maps.length === 0);
  const alone = shown.methods.length === 1 && shown.methods[0].sides.length === 1;
  const step = stepOf[sides[0]].value;
  return (
    <Panel
      class="relevancy-main"
      testId="relevancy"
      loading={progress.some(({ loading }) => loading.value)}
      error={failed?.error.value}
      onRetry={failed?.retry}
      title={<Title asDifference={shown.asDifference} />}
      aside={
        !unlogged && (
          <Segmented
            name="Patches"
            value={smooth ? "smooth" : "raw"}
            choices={[
              { value: "raw", label: "raw", title: "One colour per patch (M)" },
              { value: "smooth", label: "smooth", title: "Bilinear between the patches' centres (M)" },
            ]}
            onChoose={(value) => select({ smooth: value === "smooth" })}
          />
        )
      }
    >
      {shown.obstacle !== null && <Notice>{shown.obstacle}</Notice>}
      {unlogged ? (
        <Unlogged where={step !== null && sides.length === 1 ? `for this example at step ${formatStep(step)}` : "for this example"} />
      ) : (
        <>
          <MapControls />
          <div class="methods">
            {shown.methods.map((method) => (
              <MethodMaps key={method.method.name} shown={method} asDifference={shown.asDifference} alone={alone} />
            ))}
          </div>
        </>
      )}
    </Panel>
  );
}

function Title({ asDifference }: { asDifference: boolean }) {
  const target = explainedShown.value?.target ?? "";
  return (
    <>
      {asDifference && "B − A: "}
      {asDifference ? "relevancy" : "Relevancy"}
      {target !== "" && (
        <>
          {" "}
          for <mark>“{formatToken(target)}”</mark>
        </>
      )}
    </>
  );
}
