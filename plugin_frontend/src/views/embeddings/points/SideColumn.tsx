/** Beside the plot: what the colours mean, search, lines, pictures, bookmarks. */

import { Segmented } from "../../../elements/Segmented";
import type { TrailsOver } from "../../../lib/selection";
import { chooseTrails } from "../../../point_actions";
import { select, selection } from "../../../state";
import { Bookmarks } from "./Bookmarks";
import { PointLegend } from "./PointLegend";
import { TokenSearch } from "./TokenSearch";

/** `note`: why pictures can't be shown. */
export function SideColumn({ note }: { note: string | null }) {
  const { trails, trailsOfExample, thumbnails, neighbourLines, pooled } = selection.value;
  return (
    <aside class="points-side" aria-label="Colours, search and lines">
      <PointLegend />
      {!pooled && <TokenSearch />}
      {!pooled && (
        <section class="points-lines">
          <div class="trails-choice">
            <span class="muted">Trails</span>
            <Segmented<TrailsOver>
              name="Trails"
              value={trails}
              choices={[
                { value: "none", label: "none", title: "Points alone" },
                { value: "steps", label: "steps", title: "Lines of the chosen tokens over the steps" },
                { value: "layers", label: "layers", title: "Lines of the chosen tokens over the layers; fits all layers together" },
              ]}
              onChoose={chooseTrails}
            />
          </div>
          {trails !== "none" && (
            <Check label="of the whole example" on={trailsOfExample} onChange={(on) => select({ trailsOfExample: on })} />
          )}
          <Check
            label="lines to nearest tokens"
            title="Nearest by cosine in the original space, not in the picture"
            on={neighbourLines}
            onChange={(on) => select({ neighbourLines: on })}
          />
          <Check
            label="patches as pictures"
            title="At most 500 of them: of more, those that stand out"
            on={thumbnails}
            onChange={(on) => select({ thumbnails: on })}
          />
          {note && <p class="muted">{note}</p>}
        </section>
      )}
      <Bookmarks />
    </aside>
  );
}

function Check({ label, title, on, onChange }: { label: string; title?: string; on: boolean; onChange(on: boolean): void }) {
  return (
    <label class="check" title={title}>
      <input type="checkbox" checked={on} onChange={(event) => onChange(event.currentTarget.checked)} /> {label}
    </label>
  );
}
