import { Legend } from "../../../elements/Legend";
import type { Modality } from "../../../schema";
import { selection } from "../../../state";
import { hasGaps, type MatrixColours, type MatrixSide } from "./shown";
import { levelsShown } from "./window_shown";

const NOTES = {
  linear: undefined,
  clipped: "1st to 99th percentile",
  log: "logarithmic",
  rank: "by rank among the weights",
} as const;

/** What the colours mean, and how many weights a cell stands for. */
export function MatrixFooter({ sides, colours }: { sides: readonly MatrixSide[]; colours: MatrixColours }) {
  const { scale, codes, table } = colours;
  const name = selection.value.scaling;
  const { queries, keys } = sides[0].source;
  const modalities = new Set<Modality>([...queries.modality, ...keys.modality]);
  return (
    <footer class="scales matrix-scales">
      {scale ? (
        <Legend scale={scale} table={table} title="change of the weight" unit="" note={name === "linear" ? undefined : "99th percentile"} />
      ) : (
        codes && (
          <Legend
            scale={{ low: 0, high: codes.marks.at(-1)?.weight ?? 1, diverging: false }}
            marks={codes.marks.map(({ weight, position }) => ({ value: weight, position }))}
            table={table}
            title="weight"
            unit=""
            note={NOTES[name]}
          />
        )
      )}
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
      <Joined asDifference={scale !== null} />
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
