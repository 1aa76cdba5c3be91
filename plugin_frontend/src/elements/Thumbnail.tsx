/** A small picture of an example, the boxes of the evidence drawn on it. */

import type { Box } from "../schema";

export function Thumbnail({ url, boxes }: { url: string | null; boxes: readonly Box[] }) {
  if (url === null) return <span class="thumbnail none" />;
  return (
    <span class="thumbnail">
      <img src={url} alt="" loading="lazy" decoding="async" draggable={false} />
      {boxes.length > 0 && (
        <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
          {boxes.map(([x0, y0, x1, y1], index) => (
            <g key={index} class="outline target">
              <rect class="outline-under" x={x0} y={y0} width={x1 - x0} height={y1 - y0} />
              <rect class="outline-over" x={x0} y={y0} width={x1 - x0} height={y1 - y0} />
            </g>
          ))}
        </svg>
      )}
    </span>
  );
}
