import { describe, expect, it } from "vitest";
import { depthOf, fit, matrixOf, orbit, pan, shareInView, shownRanges, toPixel, zoom, type Camera, type Range } from "../../src/lib/camera";

const PLANE: Range[] = [[-2, 4], [0, 2]];
const SPACE: Range[] = [[-1, 1], [0, 4], [-3, 1]];
const [WIDTH, HEIGHT] = [800, 400];

function pixel(camera: Camera, place: number[], aspect = WIDTH / HEIGHT) {
  return toPixel(matrixOf(camera, aspect, place.length > 2), WIDTH, WIDTH / aspect, place);
}

function corners(ranges: Range[]): number[][] {
  return ranges.reduce<number[][]>((places, range) => places.flatMap((place) => range.map((end) => [...place, end])), [[]]);
}

describe("the camera upon a plane", () => {
  it.each([0.5, 1, 2, 5])("shows everything at aspect %f, one unit equally long on both axes", (aspect) => {
    const camera = fit(PLANE, aspect);
    for (const corner of corners(PLANE)) {
      const [x, y] = pixel(camera, corner, aspect);
      expect(x).toBeGreaterThan(0);
      expect(x).toBeLessThan(WIDTH);
      expect(y).toBeGreaterThan(0);
      expect(y).toBeLessThan(WIDTH / aspect);
    }
    const [x0, y0] = pixel(camera, [0, 0], aspect);
    const [x1, y1] = pixel(camera, [1, 1], aspect);
    expect(x1 - x0).toBeCloseTo(y0 - y1);
  });

  it("says which ranges it shows", () => {
    const [[left, right], [bottom, top]] = shownRanges(fit(PLANE, 2), 2);
    expect(pixel(fit(PLANE, 2), [left, top]).slice(0, 2).map(Math.round)).toEqual([0, 0]);
    expect(pixel(fit(PLANE, 2), [right, bottom]).slice(0, 2).map(Math.round)).toEqual([WIDTH, HEIGHT]);
  });

  it("holds a single point", () => {
    expect(pixel(fit([[3, 3], [5, 5]], 2), [3, 5])).toEqual([WIDTH / 2, HEIGHT / 2, 1]);
  });

  it("moves what is shown by the distance of the pointer", () => {
    const camera = fit(PLANE, 2);
    const [x, y] = pixel(camera, [1, 1]);
    const [movedX, movedY] = pixel(pan(camera, 0.5, 0.25, 2), [1, 1]);
    expect(movedX - x).toBeCloseTo(0.25 * WIDTH);
    expect(movedY - y).toBeCloseTo(-0.125 * HEIGHT);
  });

  it("tells the share of the data in view", () => {
    const camera = fit(PLANE, 2);
    expect(shareInView(camera, PLANE, 2)).toBe(1);
    expect(shareInView({ ...camera, half: 0.25 }, PLANE, 2)).toBeCloseTo((1 / 6) * (0.5 / 2));
  });
});

describe("the camera in a space", () => {
  const camera = fit(SPACE, 2);

  it.each([0.6, 1, 2])("shows the whole box at aspect %f", (aspect) => {
    for (const corner of corners(SPACE)) {
      const [x, y] = pixel(fit(SPACE, aspect), corner, aspect);
      expect(Math.abs(x / WIDTH - 0.5)).toBeLessThan(0.5);
      expect(Math.abs((y * aspect) / WIDTH - 0.5)).toBeLessThan(0.5);
    }
  });

  it("keeps the middle where it is as the space turns", () => {
    for (const turn of [0, 0.4, 2]) {
      const [x, y, w] = pixel(orbit(camera, turn, -turn), [0, 2, -1]);
      expect([x, y, w].map((value) => Math.round(1e6 * value) / 1e6)).toEqual([WIDTH / 2, HEIGHT / 2, 1]);
    }
  });

  it("turns what is in front with the pointer: to the right, and down", () => {
    const front = { ...camera, yaw: 0, pitch: 0 };
    const nearest = [0, 2, 1];
    expect(pixel(front, nearest)[2]).toBeLessThan(1);
    expect(pixel(orbit(front, 0.2, 0), nearest)[0]).toBeGreaterThan(WIDTH / 2);
    expect(pixel(orbit(front, 0, 0.2), nearest)[1]).toBeGreaterThan(HEIGHT / 2);
  });

  it("is never turned beyond straight above or below", () => {
    expect(orbit(camera, 0, 9).pitch).toBeCloseTo(Math.PI / 2);
    expect(orbit(camera, 0, -9).pitch).toBeCloseTo(-Math.PI / 2);
  });

  it("draws equal lengths shorter that are farther away", () => {
    const front = { ...camera, yaw: 0, pitch: 0 };
    const length = (z: number) => pixel(front, [1, 2, z])[0] - pixel(front, [-1, 2, z])[0];
    expect(length(1)).toBeGreaterThan(1.1 * length(-3));
  });

  it("shows nothing that lies behind the viewer", () => {
    expect(pixel({ ...camera, half: 0.2, yaw: 0, pitch: 0 }, [0, 2, 1])[0]).toBeNaN();
  });

  it("knows the nearest and the farthest of the box, for what is far to fade", () => {
    const [near, far] = depthOf(matrixOf(camera, 2, true), SPACE);
    const depths = corners(SPACE).map((corner) => pixel(camera, corner)[2]);
    expect(near).toBeLessThanOrEqual(Math.min(...depths));
    expect(far).toBeGreaterThanOrEqual(Math.max(...depths));
    expect(near).toBeGreaterThan(0);
  });
});

it.each([
  ["plane", fit(PLANE, 2)],
  ["space", fit(SPACE, 2)],
])("zooming upon a %s keeps what lies under the pointer", (kind, camera) => {
  const [clipX, clipY] = [0.5, -0.25];
  // What comes to the middle by moving there lies under the pointer.
  const { x, y, z } = pan(camera, -clipX, -clipY, 2);
  const under = kind === "plane" ? [x, y] : [x, y, z];
  const near = zoom(camera, 0.5, clipX, clipY, 2);
  for (const seen of [camera, near]) {
    const [across, down] = pixel(seen, under);
    expect(across).toBeCloseTo(0.75 * WIDTH);
    expect(down).toBeCloseTo(0.625 * HEIGHT);
  }
  expect(near.half).toBe(0.5 * camera.half);
});
