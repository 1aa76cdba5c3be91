/** The part of a plane or a space that a scatter plot shows. */

export interface Camera {
  /** What is in the middle of the view, in data units; of a plane z is 0. */
  x: number;
  y: number;
  z: number;
  /** Half the length that the shorter side of the view shows there, in data units. */
  half: number;
  /** How far the space is turned, in radians: about its second axis, and then towards the viewer. */
  yaw: number;
  pitch: number;
}

export type Range = readonly [number, number];

/** Column-major, as WebGL takes it: from data units to clip coordinates. */
export type Matrix = Float64Array;

/** Distance of the viewer in units of `half`: a field of view of 40 degrees. */
const DISTANCE = 1 / Math.tan((20 * Math.PI) / 180);
/** Nothing nearer to the viewer is shown, as a share of the distance to the middle. */
export const NEAREST = 0.05;
/** Seen from the front, a little from the side and from above: all three axes can be told apart. */
const FIRST_VIEW = { yaw: -0.6, pitch: 0.4 };

/** A camera that holds the ranges with a margin, one unit equally long on all axes; three ranges make a space. */
export function fit(ranges: readonly Range[], aspect: number, margin = 0.06): Camera {
  const [x, y, z = 0] = ranges.map(([low, high]) => 0.5 * (low + high));
  const space = ranges.length > 2;
  const camera = { x, y, z, half: 1, ...(space ? FIRST_VIEW : { yaw: 0, pitch: 0 }) };
  const [right, up, near] = directions(camera);
  const [wide, high] = halves(camera, aspect);
  // A corner is in view where |x| / wide < 1 - (its distance towards the viewer) / (DISTANCE half); for y alike.
  const needed = cornersAround(ranges).map((corner) => {
    const along = (direction: readonly number[]) => corner.reduce((sum, value, axis) => sum + value * direction[axis], 0);
    const closer = space ? along(near) / DISTANCE : 0;
    return Math.max(Math.abs(along(right)) / wide, Math.abs(along(up)) / high) + closer;
  });
  return { ...camera, half: Math.max(...needed) * (1 + 2 * margin) || 1 };
}

/** From data units to clip coordinates; in perspective w is 1 in the middle and grows with the distance. */
export function matrixOf(camera: Camera, aspect: number, space: boolean): Matrix {
  const [right, up, near] = directions(camera);
  const [halfWidth, halfHeight] = halves(camera, aspect);
  const along = (direction: readonly number[], length: number) => [
    ...direction.map((share) => share / length),
    -(direction[0] * camera.x + direction[1] * camera.y + direction[2] * camera.z) / length,
  ];
  const [x, y] = [along(right, halfWidth), along(up, halfHeight)];
  const w = space ? along(near, -DISTANCE * camera.half) : [0, 0, 0, 0];
  w[3] += 1;
  // Farther than the viewer is enough: no far end, nothing is cut off behind.
  const z = space ? w.map((share, index) => share - (index === 3 ? 2 * NEAREST : 0)) : [0, 0, 0, 0];
  return Float64Array.from({ length: 16 }, (_, index) => [x, y, z, w][index % 4][index >> 2]);
}

/** A place in pixels from the top left, and w; NaN where it lies behind the viewer. */
export function toPixel(matrix: Matrix, width: number, height: number, place: ArrayLike<number>): [number, number, number] {
  const [x, y, z] = [place[0], place[1], place.length > 2 ? place[2] : 0];
  const row = (index: number) => matrix[index] * x + matrix[index + 4] * y + matrix[index + 8] * z + matrix[index + 12];
  const w = row(3);
  if (!(w > NEAREST)) return [NaN, NaN, w];
  return [(0.5 + (0.5 * row(0)) / w) * width, (0.5 - (0.5 * row(1)) / w) * height, w];
}

/** w of the front-most and of the farthest place within the ranges. */
export function depthOf(matrix: Matrix, ranges: readonly Range[]): [number, number] {
  const row = [matrix[3], matrix[7], matrix[11]];
  const middle = ranges.reduce((sum, [low, high], axis) => sum + row[axis] * 0.5 * (low + high), matrix[15]);
  const reach = Math.hypot(...row) * Math.hypot(...ranges.map(([low, high]) => 0.5 * (high - low)));
  return [Math.max(NEAREST, middle - reach), middle + reach];
}

/** About how much of what lies within the ranges the camera shows, 0..1. */
export function shareInView(camera: Camera, ranges: readonly Range[], aspect: number): number {
  if (ranges.length > 2) return Math.min(1, (camera.half / fit(ranges, aspect).half) ** 2);
  const overlaps = shownRanges(camera, aspect).map(([low, high], axis) => {
    const [first, last] = ranges[axis];
    return last > first ? Math.max(0, Math.min(high, last) - Math.max(low, first)) / (last - first) : 1;
  });
  return overlaps[0] * overlaps[1];
}

/** The ranges that a camera upon a plane shows. */
export function shownRanges(camera: Camera, aspect: number): [Range, Range] {
  const [halfWidth, halfHeight] = halves(camera, aspect);
  return [
    [camera.x - halfWidth, camera.x + halfWidth],
    [camera.y - halfHeight, camera.y + halfHeight],
  ];
}

/** Zoom so that what lies under the point (in -1..1, upwards positive) stays there. A factor below 1 zooms in. */
export function zoom(camera: Camera, factor: number, x: number, y: number, aspect: number): Camera {
  const near = pan(camera, x * (factor - 1), y * (factor - 1), aspect);
  return { ...near, half: camera.half * factor };
}

/** Move what is shown by a distance given in -1..1 units. */
export function pan(camera: Camera, x: number, y: number, aspect: number): Camera {
  const [right, up] = directions(camera);
  const [halfWidth, halfHeight] = halves(camera, aspect);
  const along = (axis: number) => x * halfWidth * right[axis] + y * halfHeight * up[axis];
  return { ...camera, x: camera.x - along(0), y: camera.y - along(1), z: camera.z - along(2) };
}

/** Turn the space under the viewer's eyes, at most until it is seen from straight above or below. */
export function orbit(camera: Camera, yaw: number, pitch: number): Camera {
  const turned = (camera.yaw + yaw) % (2 * Math.PI);
  return { ...camera, yaw: turned, pitch: Math.min(Math.PI / 2, Math.max(-Math.PI / 2, camera.pitch + pitch)) };
}

/** The corners of a box, from its middle. */
function cornersAround(ranges: readonly Range[]): number[][] {
  return ranges.reduce<number[][]>(
    (corners, [low, high]) => corners.flatMap((corner) => [-0.5, 0.5].map((side) => [...corner, side * (high - low)])),
    [[]],
  );
}

/** Half of what the width and the height show in the middle, in data units. */
function halves({ half }: Camera, aspect: number): [number, number] {
  return [half * Math.max(1, aspect), half * Math.max(1, 1 / aspect)];
}

/** Unit vectors of the data that point right, up and towards the viewer. */
function directions({ yaw, pitch }: Camera): [number[], number[], number[]] {
  const [sinYaw, cosYaw, sinPitch, cosPitch] = [Math.sin(yaw), Math.cos(yaw), Math.sin(pitch), Math.cos(pitch)];
  return [
    [cosYaw, 0, sinYaw],
    [sinPitch * sinYaw, cosPitch, -sinPitch * cosYaw],
    [-cosPitch * sinYaw, sinPitch, cosPitch * cosYaw],
  ];
}
