/** A titled part of a view that says when it is loading and what went wrong. */

import type { ComponentChildren } from "preact";
import { NOT_IN_FILE } from "../lib/snapshot";
import { PanelDownload } from "./PanelDownload";

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
  return (
    <section class={`panel ${rest.class ?? ""}`} data-testid={testId} aria-busy={loading ?? false}>
      <div class="progress" data-on={loading ?? false} />
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

/** Why there is nothing to see here. */
export function Notice({ children }: { children: ComponentChildren }) {
  return (
    <div class="notice">
      <p>{children}</p>
    </div>
  );
}
