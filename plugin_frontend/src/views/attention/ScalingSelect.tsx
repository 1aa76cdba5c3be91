import { Select } from "../../elements/Select";
import { SCALINGS, type Scaling } from "../../lib/selection";
import { select, selection } from "../../state";

const TITLES: Record<Scaling, string> = {
  linear: "linear",
  clipped: "clipped",
  log: "log",
  rank: "ranks",
};

/** How weights become colours. */
export function ScalingSelect() {
  return (
    <Select
      label="Scale"
      labelled
      options={SCALINGS.map((value) => ({ value, label: TITLES[value] }))}
      value={selection.value.scaling}
      onChoose={(value) => select({ scaling: value as Scaling })}
    />
  );
}
