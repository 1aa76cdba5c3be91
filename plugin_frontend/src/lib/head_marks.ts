/** Heads as points in a plane: their marks as SVG paths, and which of them lie where. */

export const SHAPES = ["circle", "square", "triangle", "diamond", "cross", "plus", "down", "star"] as const;

export type Shape = (typeof SHAPES)[number];

/** A corner or place, in pixels. */
export type Pixel = readonly [number, number];

/** The mark around a place, closed; marks of equal radius look equally large. */
export function markPath(shape: Shape, [x, y]: Pixel, radius: number): string {
  if (shape === "circle") return circlePath(x, y, fixed(radius), fixed(2 * radius));
  return `M${CORNERS[shape].map(([dx, dy]) => `${fixed(x + dx * radius)} ${fixed(y + dy * radius)}`).join("L")}z`;
}

/** A line with a head at its end; only the line where that is too short for a head. */
export function arrowPath([x0, y0]: Pixel, [x1, y1]: Pixel, head: number): string {
  const length = Math.hypot(x1 - x0, y1 - y0);
  const line = `M${fixed(x0)} ${fixed(y0)}L${fixed(x1)} ${fixed(y1)}`;
  if (length < 1.5 * head) return line;
  const [along, across] = [(x1 - x0) / length, (y1 - y0) / length];
  const barb = (sign: number) =>
    `${fixed(x1 - head * (along - 0.5 * sign * across))} ${fixed(y1 - head * (across + 0.5 * sign * along))}`;
  return `${line}M${barb(1)}L${fixed(x1)} ${fixed(y1)}L${barb(-1)}`;
}

/** The place nearest to a point and within reach, or -1; of equally near ones the last, which lies on top. */
export function nearestPlace(places: readonly Pixel[], [x, y]: Pixel, reach: number): number {
  let best = -1;
  let least = reach;
  places.forEach(([px, py], index) => {
    const distance = Math.hypot(px - x, py - y);
    if (distance <= least) [best, least] = [index, distance];
  });
  return best;
}

/** Which places lie in the rectangle between two opposite corners. */
export function placesWithin(places: readonly Pixel[], first: Pixel, second: Pixel): number[] {
  const inside = (axis: 0 | 1, place: Pixel) =>
    place[axis] >= Math.min(first[axis], second[axis]) && place[axis] <= Math.max(first[axis], second[axis]);
  return places.flatMap((place, index) => (inside(0, place) && inside(1, place) ? [index] : []));
}

const CORNERS: Record<Exclude<Shape, "circle">, readonly Pixel[]> = {
  square: [[-0.88, -0.88], [0.88, -0.88], [0.88, 0.88], [-0.88, 0.88]],
  triangle: [[0, -1.25], [1.15, 0.8], [-1.15, 0.8]],
  down: [[0, 1.25], [1.15, -0.8], [-1.15, -0.8]],
  diamond: [[0, -1.3], [1.1, 0], [0, 1.3], [-1.1, 0]],
  plus: plus(0),
  cross: plus(Math.PI / 4),
  star: Array.from({ length: 10 }, (_, index) => turned(index % 2 === 0 ? 1.4 : 0.6, (index * Math.PI) / 5)),
};

function plus(turn: number): Pixel[] {
  const arm: Pixel[] = [[0.4, -0.4], [0.4, -1.25], [-0.4, -1.25]];
  return [0, 1, 2, 3].flatMap((quarter) =>
    arm.map(([x, y]): Pixel => turned(Math.hypot(x, y), Math.atan2(x, -y) + turn - (quarter * Math.PI) / 2)),
  );
}

/** A corner at this distance, turned clockwise from straight up. */
function turned(distance: number, angle: number): Pixel {
  return [distance * Math.sin(angle), -distance * Math.cos(angle)];
}

function circlePath(x: number, y: number, radius: string, across: string): string {
  return `M${fixed(x - Number(radius))} ${fixed(y)}a${radius} ${radius} 0 1 0 ${across} 0a${radius} ${radius} 0 1 0 -${across} 0z`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}
