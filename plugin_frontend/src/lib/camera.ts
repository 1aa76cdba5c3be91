/** The part of the plane that a scatter plot shows. */

export interface Camera {
  /** Centre of the view, in data units. */
  x: number;
  y: number;
  /** Half the width and half the height of the view, in data units. */
  halfWidth: number;
  halfHeight: number;
}

export type Range = readonly [number, number];

/** A camera that holds both ranges with a margin, one unit equally long on both axes. */
export function fit(horizontal: Range, vertical: Range, aspect: number, margin = 0.06): Camera {
  const halfWidth = 0.5 * (horizontal[1] - horizontal[0]) * (1 + 2 * margin) || 1;
  const halfHeight = 0.5 * (vertical[1] - vertical[0]) * (1 + 2 * margin) || 1;
  const half = Math.max(halfHeight, halfWidth / aspect);
  return {
    x: 0.5 * (horizontal[0] + horizontal[1]),
    y: 0.5 * (vertical[0] + vertical[1]),
    halfWidth: half * aspect,
    halfHeight: half,
  };
}

/** From data units to -1..1 on both axes, upwards positive. */
export function toClip(camera: Camera, x: number, y: number): [number, number] {
  return [(x - camera.x) / camera.halfWidth, (y - camera.y) / camera.halfHeight];
}

/** From -1..1 on both axes to data units. */
export function fromClip(camera: Camera, x: number, y: number): [number, number] {
  return [camera.x + x * camera.halfWidth, camera.y + y * camera.halfHeight];
}

/** Zoom so that the data under the point (in -1..1) stay there. A factor below 1 zooms in. */
export function zoom(camera: Camera, factor: number, x: number, y: number): Camera {
  const [fixedX, fixedY] = fromClip(camera, x, y);
  const halfWidth = camera.halfWidth * factor;
  const halfHeight = camera.halfHeight * factor;
  return { x: fixedX - x * halfWidth, y: fixedY - y * halfHeight, halfWidth, halfHeight };
}

/** Move by a distance given in -1..1 units. */
export function pan(camera: Camera, x: number, y: number): Camera {
  return { ...camera, x: camera.x - x * camera.halfWidth, y: camera.y - y * camera.halfHeight };
}

/** The same view at another aspect ratio: the height stays. */
export function reshape(camera: Camera, aspect: number): Camera {
  return { ...camera, halfWidth: camera.halfHeight * aspect };
}
