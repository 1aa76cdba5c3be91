import { Legend } from "../../../elements/Legend";
import type { Modality } from "../../../schema";
import { hasGaps, type MatrixColours, type MatrixSide } from "./shown";
import { levelsShown } from "./window_shown";

/** What the colours mean, and how many weights a cell stands for. */
export function MatrixFooter({ sides, colours }: { sides: readonly MatrixSide[]; colours: MatrixColours }) {
  const { scale, table } = colours;
  const asDifference = scale.diverging;
  const { queries, keys } = sides[0].source;
  const modalities = new Set<Modality>([...queries.modality, ...keys.modality]);
  return (
    <footer class="scales matrix-scales">
      <Legend scale={scale} table={table} title={asDifference ? "change of the weight" : "weight"} unit="" />
      <p class="matrix-modalities">
        {[...modalities].map((modality) => (
          <span key={modality}>
            <i class={`dot ${modality}`} /> {modality}
          </span>
        ))}
        {sides.some(hasGaps) && (
          <span>
            <i class="swatch hatched" /> not logged
          </span>
        )}
      </p>
      <Joined asDifference={asDifference} />
    </footer>
  );
}

/** Says so where a cell stands for several weights. */
function Joined({ asDifference }: { asDifference: boolean }) {
  const { level, keyLevel } = levelsShown.value;
  const joins = level + keyLevel > 0;
  return (
    <p class="matrix-joined muted" data-testid="matrix-joined" data-on={joins}>
      {joins ? `${asDifference ? "between the " : ""}largest of ${2 ** level} × ${2 ** keyLevel} weights per cell` : "one weight per cell"}
    </p>
  );
}
