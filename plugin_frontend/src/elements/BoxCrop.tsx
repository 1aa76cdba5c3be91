/** A part of an image around a box, the box outlined. */

import { useEffect, useRef, useState } from "preact/hooks";
import { cropAround } from "../lib/crop";
import type { Box } from "../schema";

interface Props {
  url: string;
  box: Box;
  label: string;
  /** How much of the surroundings is shown, in sizes of the box. */
  around: number;
}

const LONGEST_SIDE = 480;
const PIXELATED_BELOW = 160;

export function BoxCrop({ url, box, label, around }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [broken, setBroken] = useState(false);
  useEffect(() => {
    const image = new Image();
    image.onload = () => canvas.current && paint(canvas.current, image, box, around);
    image.onerror = () => setBroken(true);
    image.src = url;
    return () => {
      image.onload = image.onerror = null;
    };
  }, [url, box.join(), around]);
  return broken ? (
    <div class="box-crop hatched" role="img" aria-label={`${label}: the image is missing`} />
  ) : (
    <canvas class="box-crop" ref={canvas} width={1} height={1} role="img" aria-label={label} />
  );
}

function paint(canvas: HTMLCanvasElement, image: HTMLImageElement, box: Box, around: number): void {
  const [x0, y0, x1, y1] = cropAround(box, around);
  const [width, height] = [(x1 - x0) * image.naturalWidth, (y1 - y0) * image.naturalHeight];
  const scale = LONGEST_SIDE / Math.max(width, height);
  [canvas.width, canvas.height] = [Math.round(scale * width), Math.round(scale * height)];
  const context = canvas.getContext("2d");
  if (!context) return;
  context.imageSmoothingEnabled = Math.max(image.naturalWidth, image.naturalHeight) >= PIXELATED_BELOW;
  const [left, top] = [x0 * image.naturalWidth, y0 * image.naturalHeight];
  context.drawImage(image, left, top, width, height, 0, 0, canvas.width, canvas.height);
  if (around === 0) return;
  const across = (share: number, from: number, to: number, size: number) => (size * (share - from)) / (to - from);
  // A light stroke on a dark one, so that it is seen on any image.
  for (const [colour, thickness] of [["rgb(0 0 0 / 0.75)", 9], ["#fff", 4]] as const) {
    context.strokeStyle = colour;
    context.lineWidth = thickness;
    const [left, right] = [across(box[0], x0, x1, canvas.width), across(box[2], x0, x1, canvas.width)];
    const [top, bottom] = [across(box[1], y0, y1, canvas.height), across(box[3], y0, y1, canvas.height)];
    context.strokeRect(left, top, right - left, bottom - top);
  }
}
