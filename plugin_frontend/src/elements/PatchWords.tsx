/** Words written on the boxes of an image, where they fit. */

import { useRef } from "preact/hooks";
import { wordSize } from "../lib/patch_words";
import type { Box } from "../schema";
import { useOwnSize } from "./own_size";

interface Props {
  boxes: readonly (Box | null)[];
  /** One per box. */
  words: readonly string[];
}

export function PatchWords({ boxes, words }: Props) {
  const layer = useRef<HTMLDivElement>(null);
  const { width, height } = useOwnSize(layer);
  return (
    <div class="patch-words" ref={layer} aria-hidden="true">
      {boxes.map((box, index) => {
        const size = box && wordSize(words[index], width * (box[2] - box[0]), height * (box[3] - box[1]));
        if (!box || size === null) return null;
        const style = { left: `${50 * (box[0] + box[2])}%`, top: `${50 * (box[1] + box[3])}%`, fontSize: `${size}px` };
        return (
          <span key={index} style={style}>
            {words[index]}
          </span>
        );
      })}
    </div>
  );
}
