import { describe, expect, it } from "vitest";
import { fit, fromClip, pan, reshape, toClip, zoom } from "../../src/lib/camera";

describe("the camera", () => {
  const camera = fit([-2, 4], [0, 2], 2);

  it("holds everything and shows units equally long on both axes", () => {
    for (const [x, y] of [[-2, 0], [4, 2]]) {
      for (const coordinate of toClip(camera, x, y)) expect(Math.abs(coordinate)).toBeLessThan(1);
    }
    expect(camera.halfWidth / camera.halfHeight).toBeCloseTo(2);
  });

  it("maps there and back", () => {
    const [x, y] = fromClip(camera, ...toClip(camera, 1.5, 0.25));
    expect(x).toBeCloseTo(1.5);
    expect(y).toBeCloseTo(0.25);
  });

  it("zooms about the pointer", () => {
    const before = fromClip(camera, 0.5, -0.25);
    const after = fromClip(zoom(camera, 0.5, 0.5, -0.25), 0.5, -0.25);
    expect(after[0]).toBeCloseTo(before[0]);
    expect(after[1]).toBeCloseTo(before[1]);
  });

  it("pans with the pointer", () => {
    const [x] = toClip(pan(camera, 0.5, 0), camera.x, camera.y);
    expect(x).toBeCloseTo(0.5);
  });

  it("keeps its height when the window changes its shape", () => {
    expect(reshape(camera, 1)).toMatchObject({ halfHeight: camera.halfHeight, halfWidth: camera.halfHeight });
  });

  it("survives a cloud that is a single point", () => {
    expect(fit([3, 3], [3, 3], 1).halfWidth).toBeGreaterThan(0);
  });
});
