/** Parts of an image. */

import type { Box } from "../schema";

/** The box with its surroundings, `around` times its size on each side, within the image. */
export function cropAround([x0, y0, x1, y1]: Box, around: number): Box {
  const [width, height] = [around * (x1 - x0), around * (y1 - y0)];
  return [Math.max(0, x0 - width), Math.max(0, y0 - height), Math.min(1, x1 + width), Math.min(1, y1 + height)];
}
