/** The outline of boxes on an image. */

interface Props {
  /** In fractions of the image, see `outlinePath`. */
  path: string;
  kind: "target" | "hovered" | "closed" | "chosen" | "region";
}

/** Two strokes, a light one on a dark one, so that it is seen on any image. */
export function Outline({ path, kind }: Props) {
  return (
    <g class={`outline ${kind}`}>
      <path class="outline-under" d={path} />
      <path class="outline-over" d={path} />
    </g>
  );
}
