/** What painting and pointing need to know of a plot. */

import { cameraOf, wholeWindow, type MatrixCamera, type Plot } from "../../../lib/tiles";
import type { Axis, Gutter } from "../../../painters/matrix_axes";
import type { MatrixColours, MatrixSide } from "./shown";
import { windowShown } from "./window_shown";

export interface PlotState {
  side: MatrixSide;
  colours: MatrixColours;
  axes: { queries: Axis; keys: Axis };
  gutter: Gutter;
  plot: Plot;
  /** How much longer than wide a cell may be, or the reverse. */
  stretch: number;
}

/** The part of the matrix that the plot shows now. */
export function cameraFor({ side, plot, stretch }: PlotState): MatrixCamera {
  const { shape } = side.source;
  return cameraOf(windowShown.peek() ?? wholeWindow(shape), shape, plot, stretch);
}
