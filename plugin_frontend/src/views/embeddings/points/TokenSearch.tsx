/** Finds points by the text of their tokens. */

import { useMemo } from "preact/hooks";
import { foundOf, wordsOf } from "../../../embedding_points";
import { formatCount } from "../../../lib/format";
import { countHits } from "../../../lib/token_search";
import { movePoint } from "../../../point_actions";
import { select, selection, visibleSides } from "../../../state";

export function TokenSearch() {
  const { tokenSearch } = selection.value;
  const [side] = visibleSides.value;
  const found = foundOf[side].value;
  const count = useMemo(() => (found ? countHits(found) : null), [found]);
  const problem = wordsOf[side].error.value;
  return (
    <div class="token-search" role="search">
      <input
        type="search"
        aria-label="Find tokens by their text"
        placeholder="find words"
        title="Letters, or a regular expression: ^[0-9]$ finds single digits"
        data-testid="token-search"
        value={tokenSearch}
        onInput={(event) => select({ tokenSearch: event.currentTarget.value })}
        onKeyDown={(event) => event.key === "Enter" && movePoint(event.shiftKey ? -1 : 1)}
      />
      {tokenSearch !== "" && (
        <p class="search-found">
          <span class="muted" role="status" data-testid="found">
            {problem ?? (count === null ? "searching" : `${formatCount(count)} found`)}
          </span>
          <button type="button" class="quiet" aria-label="Previous found point" title="Previous (⇧N)" disabled={!count} onClick={() => movePoint(-1)}>
            ‹
          </button>
          <button type="button" class="quiet" aria-label="Next found point" title="Next (N)" disabled={!count} onClick={() => movePoint(1)}>
            ›
          </button>
        </p>
      )}
    </div>
  );
}
