import { levelsAt } from "../../../lib/tiles";
import { spokenCell } from "./cell_words";
import { cameraFor, type PlotState } from "./plot_state";
import { pointed, windowShown } from "./window_shown";

/** The row and the column of the cell that is pointed at, on this side or the other; spoken, too. */
export function CrossHair({ state }: { state: PlotState }) {
  windowShown.value;
  const { side, plot, gutter } = state;
  const { shape } = side.source;
  const cell = pointed.value;
  const inside = cell && cell.query < shape.queries && cell.key < shape.keys;
  const camera = cameraFor(state);
  const levels = levelsAt(camera, devicePixelRatio, shape);
  return (
    <>
      {inside && (
        <div
          class="cross-hair"
          style={{
            left: gutter.left,
            top: gutter.top,
            width: Math.min(plot.width, (shape.keys - camera.x) * camera.perKey),
            height: Math.min(plot.height, (shape.queries - camera.y) * camera.perQuery),
          }}
        >
          <i class="across" style={{ ...band(cell.query, levels.level, camera.y, camera.perQuery, "top", "height") }} />
          <i class="down" style={{ ...band(cell.key, levels.keyLevel, camera.x, camera.perKey, "left", "width") }} />
        </div>
      )}
      <p class="spoken" aria-live="polite">
        {inside ? spokenCell(side, cell, levels) : ""}
      </p>
    </>
  );
}

/** Where a cell lies along an axis. */
function band(
  token: number,
  level: number,
  start: number,
  scale: number,
  edge: "top" | "left",
  length: "height" | "width",
) {
  const tokens = 2 ** level;
  return { [edge]: (Math.floor(token / tokens) * tokens - start) * scale, [length]: tokens * scale };
}
