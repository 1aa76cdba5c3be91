/** How hidden states become points: one bar of choices, each of which takes effect at once. */

import { Segmented } from "../../../elements/Segmented";
import { METHOD_TITLES } from "../../../lib/projections";
import { PROJECTIONS, type Basis, type ProjectionMethod } from "../../../lib/selection";
import { chooseBasis, choosePooled } from "../../../point_actions";
import { select, selection } from "../../../state";
import { FitSettings } from "./FitSettings";

type Plane = "1-2" | "1-3" | "2-3";

const METHOD_NOTES: Record<ProjectionMethod, string> = {
  pca: "Principal components: the directions along which the states vary most. Distances are as in the original space, seen from one side.",
  tsne: "t-SNE: near neighbours stay near. Distances between groups and sizes of groups mean little.",
  umap: "UMAP: near neighbours stay near, and more of the large picture than in t-SNE.",
  axes: "Axes that you choose: the difference between two groups of tokens, or the direction of one token.",
};

export function ProjectionControls() {
  const { projection, inSpace, axes, basis, pooled } = selection.value;
  const plane = axes.map((axis) => axis + 1).join("-") as Plane;
  return (
    <div class="projection-controls" data-testid="projection-controls">
      <Segmented<ProjectionMethod>
        name="Projection"
        value={projection}
        choices={PROJECTIONS.map((value) => ({ value, label: METHOD_TITLES[value], title: METHOD_NOTES[value] }))}
        onChoose={(chosen) => select({ projection: chosen })}
      />
      <Segmented<"2" | "3">
        name="Dimensions"
        value={inSpace ? "3" : "2"}
        choices={[
          { value: "2", label: "2-D", title: "Points in a plane" },
          { value: "3", label: "3-D", title: "Points in space: drag to turn" },
        ]}
        onChoose={(chosen) => select({ inSpace: chosen === "3" })}
      />
      {projection === "pca" && !inSpace && (
        <Segmented<Plane>
          name="Components"
          value={plane}
          choices={(["1-2", "1-3", "2-3"] as const).map((value) => ({
            value,
            label: value.replace("-", " × "),
            title: "Principal components on the two axes",
          }))}
          onChoose={(value) => {
            const [first, second] = value.split("-").map(Number);
            select({ axes: [first - 1, second - 1] });
          }}
        />
      )}
      <Segmented<Basis>
        name="Fitted on"
        value={basis}
        choices={[
          { value: "layer", label: "this layer", title: "Fitted on this layer at all steps: steps may be compared, layers not" },
          { value: "stream", label: "all layers", title: "Fitted on all layers at all steps: layers may be compared as well" },
        ]}
        onChoose={chooseBasis}
      />
      <Segmented<"tokens" | "means">
        name="Points"
        value={pooled ? "means" : "tokens"}
        choices={[
          { value: "tokens", label: "tokens", title: "A point for every token of every example" },
          { value: "means", label: "means", title: "A point per example and modality: the mean of its tokens" },
        ]}
        onChoose={(chosen) => choosePooled(chosen === "means")}
      />
      <FitSettings />
    </div>
  );
}
