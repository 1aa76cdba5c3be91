/** A small picture of an example, the boxes of the evidence drawn on it. */

import { outlinePath } from "../lib/outline";
import type { Box } from "../schema";
import { Outline } from "./Outline";

export function Thumbnail({ url, boxes }: { url: string | null; boxes: readonly Box[] }) {
  if (url === null) return <span class="thumbnail none" />;
  return (
    <span class="thumbnail">
      <img src={url} alt="" loading="lazy" decoding="async" draggable={false} />
      {boxes.length > 0 && (
        <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
          <Outline path={outlinePath(boxes)} kind="target" />
        </svg>
      )}
    </span>
  );
}
