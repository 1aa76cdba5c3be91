/** A titled part of a view that says when it is loading and what went wrong. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { NOT_IN_FILE } from "../lib/snapshot";
import { PanelDownload } from "./PanelDownload";

const SLOW_MILLISECONDS = 150;

interface Props {
  title?: ComponentChildren;
  /** At the end of the title's line. */
  aside?: ComponentChildren;
  testId?: string;
  class?: string;
  /** False where what it shows is there to choose from, not to look at. */
  downloads?: boolean;
  loading?: boolean;
  error?: string | null;
  onRetry?(): void;
  children?: ComponentChildren;
}

export function Panel({ title, aside, testId, loading, error, onRetry, children, downloads = true, ...rest }: Props) {
  const slow = useSlow(loading ?? false);
  return (
    <section
      class={`panel ${rest.class ?? ""}`}
      data-testid={testId}
      data-slow={slow}
      aria-busy={loading ?? false}
    >
      {slow && <div class="progress" />}
      {(title || aside) && (
        <header class="panel-head">
          <h2>{title}</h2>
          <div class="panel-aside">
            {aside}
            {downloads && !error && <PanelDownload />}
          </div>
        </header>
      )}
      {error === NOT_IN_FILE ? (
        <Notice>{error}</Notice>
      ) : error ? (
        <div class="failure" role="alert">
          <p>{error}</p>
          <button type="button" class="button" onClick={onRetry}>
            Try again
          </button>
        </div>
      ) : (
        <div class="panel-body">{children}</div>
      )}
    </section>
  );
}

/**
 * Whether something has been loading for longer than one waits without a sign. A timer, and not the
 * delay of a transition: that would make layers of what loads, and paint it all once more, also
 * where the answer comes at once.
 */
function useSlow(loading: boolean): boolean {
  const [slow, setSlow] = useState(false);
  useLayoutEffect(() => {
    if (!loading) return;
    const timer = setTimeout(() => setSlow(true), SLOW_MILLISECONDS);
    return () => {
      clearTimeout(timer);
      setSlow(false);
    };
  }, [loading]);
  return slow && loading;
}

/** Why there is nothing to see here. */
export function Notice({ children }: { children: ComponentChildren }) {
  return (
    <div class="notice">
      <p>{children}</p>
    </div>
  );
}
