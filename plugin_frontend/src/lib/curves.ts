/** Lines of charts as SVG paths. */

type Numbers = readonly number[];
type Place = (value: number) => number;

/** The points joined, broken where a value is not defined. */
export function linePath(steps: Numbers, values: Numbers, x: Place, y: Place): string {
  return stretches(values)
    .map((indices) => `M${indices.map((index) => point(x(steps[index]), y(values[index]))).join("L")}`)
    .join("");
}

/** What lies between two bounds, a closed path per stretch that has both. */
export function bands(steps: Numbers, low: Numbers, high: Numbers, x: Place, y: Place): string[] {
  return stretches(steps.map((_, index) => low[index] + high[index])).map((indices) => {
    const edge = (bound: Numbers) => (index: number) => point(x(steps[index]), y(bound[index]));
    return `M${[...indices.map(edge(high)), ...[...indices].reverse().map(edge(low))].join("L")}Z`;
  });
}

/** Indices of neighbours that are all defined. */
export function stretches(values: Numbers): number[][] {
  const found: number[][] = [];
  values.forEach((value, index) => {
    if (Number.isNaN(value)) return;
    if (index > 0 && !Number.isNaN(values[index - 1])) found[found.length - 1].push(index);
    else found.push([index]);
  });
  return found;
}

function point(x: number, y: number): string {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}
