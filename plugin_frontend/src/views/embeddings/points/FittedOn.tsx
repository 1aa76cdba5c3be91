/** What the picture is made of, and what may be compared in it. */

import { formatCount, formatPercent } from "../../../lib/format";
import type { Projection } from "../../../schema";

interface Props {
  projection: Projection;
  asDifference: boolean;
}

export function FittedOn({ projection, asDifference }: Props) {
  const { fittedOn, explainedVariance, alignment } = projection;
  const held = explainedVariance?.reduce((sum, share) => sum + share, 0);
  const counted = (count: number, one: string) => `${formatCount(count)} ${one}${count === 1 ? "" : "s"}`;
  const on = [
    fittedOn.sampled
      ? `${formatCount(fittedOn.points)} of ${counted(fittedOn.of, "point")}`
      : counted(fittedOn.points, "point"),
    counted(fittedOn.steps, "step"),
    fittedOn.layers.length > 1 && counted(fittedOn.layers.length, "layer"),
    fittedOn.runs.length > 1 && counted(fittedOn.runs.length, "run"),
  ].filter(Boolean);
  return (
    <p class="muted basis" data-testid="fitted-on">
      Fitted on {on.join(", ")}. {alignment}
      {held !== undefined && ` The ${explainedVariance!.length} components hold ${formatPercent(held)} of the variance.`}
      {asDifference && " Lines lead from A to B."} Outlined: the chosen example.
    </p>
  );
}
