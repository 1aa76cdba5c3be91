/** The outline around several boxes: edges that two of them share are left out. */

import type { Box } from "../schema";

/** An SVG path in fractions of the image. */
export function outlinePath(boxes: readonly Box[]): string {
  const edges = new Map<string, string>();
  for (const [x0, y0, x1, y1] of boxes) {
    for (const edge of [[x0, y0, x1, y0], [x0, y1, x1, y1], [x0, y0, x0, y1], [x1, y0, x1, y1]]) {
      const key = edge.map((number) => Math.round(1e4 * number)).join();
      if (!edges.delete(key)) edges.set(key, `M${edge[0]} ${edge[1]}L${edge[2]} ${edge[3]}`);
    }
  }
  return [...edges.values()].join("");
}
