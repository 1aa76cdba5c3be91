/** What can be done with the points taken with the lasso, and how many are hidden. */

import { useState } from "preact/hooks";
import { formatCount } from "../../../lib/format";
import { sizeOfSet } from "../../../lib/point_sets";
import { conceal, isolate, showAll } from "../../../point_actions";
import { select, selection } from "../../../state";
import { PointTable } from "./PointTable";

export function SelectionBar() {
  const { lassoed, isolated, concealed, legendOff } = selection.value;
  const [listed, setListed] = useState(false);
  const taken = sizeOfSet(lassoed);
  const notes = [
    isolated.length > 0 && `${said(sizeOfSet(isolated))} isolated`,
    concealed.length > 0 && `${said(sizeOfSet(concealed))} hidden`,
  ].filter(Boolean);
  const filtered = notes.length > 0 || legendOff.length > 0;
  if (taken === 0 && !filtered) return null;
  return (
    <>
      <div class="selection-bar" role="group" aria-label="Selected points" data-testid="selection-bar">
        {taken > 0 && (
          <>
            <b data-testid="lassoed">{said(taken)} selected</b>
            <button type="button" class="button" data-testid="isolate" onClick={isolate}>
              isolate
            </button>
            <button type="button" class="button" data-testid="hide" onClick={conceal}>
              hide
            </button>
            <button type="button" class="button" aria-expanded={listed} data-testid="list-points" onClick={() => setListed(!listed)}>
              list
            </button>
            <button type="button" class="quiet" data-testid="let-go" onClick={() => select({ lassoed: [] })}>
              let go
            </button>
          </>
        )}
        {filtered && (
          <span class="selection-rest">
            <span class="muted">{notes.join(", ")}</span>
            <button type="button" class="button" data-testid="show-all-points" onClick={showAll}>
              show all points
            </button>
          </span>
        )}
      </div>
      {listed && taken > 0 && <PointTable />}
    </>
  );
}

function said(count: number): string {
  return `${formatCount(count)} ${count === 1 ? "point" : "points"}`;
}
