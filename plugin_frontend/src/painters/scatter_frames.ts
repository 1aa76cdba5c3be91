/** When a scatter plot is painted: a part of it at once while it moves, all of it when it rests. */

import { FIRST_BUDGET, nextBudget } from "../lib/frame_budget";

export interface Parts {
  /** How many points there are. */
  total(): number;
  /** Paint at once, with this many of the points. */
  paintSome(points: number): void;
  /** Paint aside the points from `first` on, at most so many; returns where to go on. */
  paintAside(first: number, points: number): number;
  /** Show what was painted aside. */
  reveal(): void;
}

/** Rest before all points are painted, in milliseconds: no flicker between two moves. */
const REST = 120;
/** What is painted aside is not shown in between, and may take longer than a frame. */
const ASIDE = 4;
/** A fence that never signals must not stop the plot. */
const LONGEST_FRAME = 4000;

export interface Frames {
  /** Something changed. `now`: even while the last frame is still being painted. */
  wake(now: boolean): void;
  dispose(): void;
}

/** Never more than one frame is under way: a slow graphics card must not lag behind the pointer. */
export function scatterFrames(gl: WebGL2RenderingContext, parts: Parts): Frames {
  let budget = FIRST_BUDGET;
  let changed = false;
  let asked = 0;
  let underWay: { fence: WebGLSync | null; since: number; points: number; telling: boolean } | null = null;
  let aside: { from: number; next: number } | null = null;

  const ask = () => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      step();
    });
  };
  const begin = (points: number, telling = true) => {
    const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
    underWay = { fence, since: performance.now(), points, telling };
    ask();
  };
  const finished = () => {
    if (!underWay) return true;
    const { fence, since, points, telling } = underWay;
    const passed = performance.now() - since;
    const done = !fence || gl.getSyncParameter(fence, gl.SYNC_STATUS) === gl.SIGNALED || passed > LONGEST_FRAME;
    if (!done) return false;
    gl.deleteSync(fence);
    underWay = null;
    if (telling) budget = nextBudget(budget, points, passed);
    return true;
  };
  const paint = () => {
    changed = false;
    const points = Math.min(budget, parts.total());
    parts.paintSome(points);
    aside = points < parts.total() ? { from: performance.now() + REST, next: 0 } : null;
    begin(points);
  };
  const step = () => {
    if (gl.isContextLost()) return;
    if (!finished()) return ask();
    if (changed) return paint();
    if (!aside) return;
    if (performance.now() < aside.from) return ask();
    const next = parts.paintAside(aside.next, ASIDE * budget);
    const points = next - aside.next;
    aside.next = next;
    if (next >= parts.total()) {
      parts.reveal();
      aside = null;
    }
    // Nothing is learnt from it about frames that are shown.
    begin(points, false);
  };
  return {
    wake(now) {
      changed = true;
      if (now && !gl.isContextLost()) paint();
      else if (asked === 0) step();
    },
    dispose() {
      cancelAnimationFrame(asked);
      if (underWay) gl.deleteSync(underWay.fence);
    },
  };
}
