/** A camera as it stands in a link. */

import type { Camera } from "./camera";

const DIGITS = 5;

export function writeCamera(camera: Camera | null): string {
  if (camera === null) return "";
  const { x, y, z, half, yaw, pitch } = camera;
  return [x, y, z, half, yaw, pitch].map((value) => Number(value.toPrecision(DIGITS))).join();
}

/** What {@link writeCamera} wrote; null, for all points, where that is garbled. */
export function readCamera(written: string): Camera | null {
  const numbers = written.split(",").map((part) => Number(part || NaN));
  if (numbers.length !== 6 || !numbers.every(Number.isFinite) || !(numbers[3] > 0)) return null;
  const [x, y, z, half, yaw, pitch] = numbers;
  return { x, y, z, half, yaw, pitch };
}
