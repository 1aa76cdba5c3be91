/** What follows a pointer: done in the next frame, and of what was asked for before it only the latest. */

export interface LatestInFrame {
  ask(act: () => void): void;
  /** Forget what was asked for. */
  drop(): void;
}

/** So that the browser need not lay out the page between a pointer's move and the click after it. */
export function latestInFrame(): LatestInFrame {
  let latest: (() => void) | null = null;
  let frame: number | null = null;
  const run = () => {
    frame = null;
    latest?.();
    latest = null;
  };
  return {
    ask(act) {
      latest = act;
      frame ??= requestAnimationFrame(run);
    },
    drop() {
      latest = null;
    },
  };
}
