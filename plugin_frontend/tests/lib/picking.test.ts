import { describe, expect, it } from "vitest";
import { fit, matrixOf, orbit, toPixel, type Range } from "../../src/lib/camera";
import { insideTest, pointsWithin, rectangle, combined, type Pixel } from "../../src/lib/lasso";
import { eachPlace, nearestPoint } from "../../src/lib/picking";
import { POINT, rowOf, type ScatterPoints } from "../../src/lib/scatter";

const [WIDTH, HEIGHT] = [600, 400];

/** Numbers in -1..1, always the same. */
function numbers(count: number): Float32Array {
  let state = 5;
  return Float32Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return (2 * state) / 2147483647 - 1;
  });
}

function made(count: number, axes: number[], components = 3): ScatterPoints {
  return {
    positions: numbers(components * count),
    components,
    axes,
    colours: new Uint8Array(count),
    kinds: new Uint8Array(count),
    shapes: ["circle"],
    states: new Uint8Array(count),
  };
}

function viewOf(points: ScatterPoints) {
  const extent = points.axes.map((): Range => [-1, 1]);
  const space = points.axes.length > 2;
  const camera = fit(extent, WIDTH / HEIGHT);
  return { matrix: matrixOf(space ? orbit(camera, 1, 0.3) : camera, WIDTH / HEIGHT, space), width: WIDTH, height: HEIGHT };
}

/** Where a point lies, by the camera's own function. */
function placeOf(points: ScatterPoints, view: ReturnType<typeof viewOf>, point: number) {
  const row = rowOf(points, point);
  return toPixel(view.matrix, WIDTH, HEIGHT, points.axes.map((axis) => row[axis]));
}

describe.each([["a plane", [2, 0]], ["a space", [0, 1, 2]]])("points of %s", (_, axes) => {
  const points = made(400, axes);
  const view = viewOf(points);

  it("lie where the camera says", () => {
    let seen = 0;
    eachPlace(points, view, (point, x, y, w) => {
      const expected = placeOf(points, view, point);
      [x, y, w].forEach((value, index) => expect(value).toBeCloseTo(expected[index], 3));
      seen++;
    });
    expect(seen).toBe(400);
  });

  it("are found under the pointer, the nearest of all", () => {
    for (const point of [3, 77, 200]) {
      const [x, y] = placeOf(points, view, point);
      const distances = Array.from({ length: 400 }, (_, other) => {
        const [px, py] = placeOf(points, view, other);
        return Math.hypot(px - x - 3, py - y);
      });
      expect(nearestPoint(points, view, x + 3, y, 14, 0)).toBe(distances.indexOf(Math.min(...distances)));
    }
    expect(nearestPoint(points, view, -100, -100, 14, 4)).toBe(-1);
  });

  it("are selected by a line exactly as each by itself", () => {
    const line: Pixel[] = [[150, 60], [420, 90], [380, 330], [300, 140], [180, 300]];
    const expected = [...Array(400).keys()].filter((point) => {
      const [x, y] = placeOf(points, view, point);
      return windingParity(line, x, y);
    });
    expect(expected.length).toBeGreaterThan(20);
    expect([...pointsWithin(points, view, line)]).toEqual(expected);
  });

  it("are neither picked nor selected where they are hidden or not defined", () => {
    const states = new Uint8Array(400).fill(POINT.HIDDEN);
    states[7] = states[8] = POINT.NORMAL;
    const positions = points.positions.slice();
    positions.fill(NaN, 3 * 8, 3 * 9);
    const few = { ...points, positions, states };
    expect([...pointsWithin(few, view, rectangle([-1000, -1000], [2000, 2000]))]).toEqual([7]);
    const [x, y] = placeOf(points, view, 8);
    expect(nearestPoint(few, view, x, y, 1000, 4)).toBe(7);
  });
});

it("points that stand out are picked before nearer ones", () => {
  const points = { ...made(2, [0, 1], 2), positions: Float32Array.of(0, 0, 0.03, 0) };
  const view = viewOf(points);
  const [x, y] = placeOf(points, view, 0);
  expect(nearestPoint(points, view, x, y, 14, 4)).toBe(0);
  expect(nearestPoint({ ...points, states: Uint8Array.of(POINT.NORMAL, POINT.EMPHASISED) }, view, x, y, 14, 4)).toBe(1);
});

it("in a space the front-most of the points under the pointer is picked", () => {
  const camera = { ...fit([[-1, 1], [-1, 1], [-1, 1]], WIDTH / HEIGHT), yaw: 0, pitch: 0 };
  const view = { matrix: matrixOf(camera, WIDTH / HEIGHT, true), width: WIDTH, height: HEIGHT };
  const points = { ...made(3, [0, 1, 2]), positions: Float32Array.of(0, 0, -0.5, 0.01, 0, 0.9, 0.01, 0, 0.2) };
  expect(nearestPoint(points, view, WIDTH / 2, HEIGHT / 2, 14, 4)).toBe(1);
});

describe("a line drawn by hand", () => {
  it("that crosses itself takes by the even-odd rule", () => {
    const bow: Pixel[] = [[0, 0], [100, 100], [100, 0], [0, 100]];
    const inside = insideTest(bow, 100);
    expect([inside(10, 50), inside(90, 50), inside(50, 10), inside(50, 90)]).toEqual([true, true, false, false]);
  });

  it("may leave the plot", () => {
    const inside = insideTest(rectangle([-50, -50], [30, 500]), 100);
    expect([inside(10, 0), inside(10, 99.5), inside(31, 50), inside(10, NaN)]).toEqual([true, true, false, false]);
  });
});

it("a selection takes the place of the one before, adds to it or takes from it", () => {
  const [before, chosen] = [Uint32Array.of(1, 5, 20), Uint32Array.of(3, 5, 100)];
  expect([...combined(before, chosen, "replace")]).toEqual([3, 5, 100]);
  expect([...combined(before, chosen, "add")]).toEqual([1, 3, 5, 20, 100]);
  expect([...combined(before, chosen, "remove")]).toEqual([1, 20]);
});

it("a million points are searched and selected without a wait", () => {
  const points = made(1_000_000, [0, 1, 2]);
  const view = viewOf(points);
  const circle = Array.from({ length: 400 }, (_, index): Pixel => [300 + 150 * Math.cos(index / 64), 200 + 150 * Math.sin(index / 64)]);
  const timed = (run: () => unknown) => {
    const start = performance.now();
    run();
    return performance.now() - start;
  };
  const quickest = (run: () => unknown) => Math.min(...[1, 2, 3].map(() => timed(run)));
  // On a quiet machine 10 and 30 ms; a busy one gets ten times as long.
  expect(quickest(() => nearestPoint(points, view, 300, 200, 14, 4))).toBeLessThan(200);
  expect(quickest(() => pointsWithin(points, view, circle))).toBeLessThan(1000);
});

/** Whether a place lies within, by the sum of the angles under which it sees the edges, each crossing counted. */
function windingParity(line: readonly Pixel[], x: number, y: number): boolean {
  const turns = line.reduce((sum, [x0, y0], index) => {
    const [x1, y1] = line[(index + 1) % line.length];
    const angle = Math.atan2((x0 - x) * (y1 - y) - (y0 - y) * (x1 - x), (x0 - x) * (x1 - x) + (y0 - y) * (y1 - y));
    return sum + angle;
  }, 0);
  return Math.abs(Math.round(turns / (2 * Math.PI))) % 2 === 1;
}
