/** How a whole divides into parts along an axis: areas one upon the other, each named where it is thickest. */

import { useContext, useId, useMemo, useRef } from "preact/hooks";
import { areaPaths, labelPlace, spacedLabels, stacked } from "../lib/areas";
import { rowsOfColumns } from "../lib/csv";
import { formatPercent } from "../lib/format";
import { range } from "../lib/scale";
import { ChartAxis } from "./ChartFigure";
import { useOwnSize } from "./own_size";
import { useRows } from "./table_rows";
import { textSize } from "./text_size";
import { hideTip, showTip, showTipAt } from "./Tooltip";

export interface Part {
  name: string;
  /** A CSS colour. */
  colour: string;
  /** Dots on the area, so that it is not known by its colour alone. */
  dotted?: boolean;
  /** Shares of the whole, NaN where there is none. */
  values: readonly number[];
}

interface Props {
  label: string;
  /** Where the values lie on the axis, ascending. */
  places: readonly number[];
  /** From the bottom to the top. */
  parts: readonly Part[];
  /** Places to mark, with the side that shows them. */
  marks: readonly { place: number; kind: "a" | "b" | "chosen" }[];
  /** A place, below the axis and where it is told in full. */
  formatPlace(place: number): string;
  describePlace(place: number): string;
  onChoose?(place: number): void;
}

const AT_FIRST = { width: 320, height: 160 };
/** In sizes of the text. */
const MARGIN = { left: 3.6, right: 1.1, top: 0.6, bottom: 1.7 };
const NAME = { character: 0.6, height: 1.15 };
const HALF_BAR = 3;

export function StackedAreas(props: Props) {
  const { places, parts, marks, describePlace, onChoose } = props;
  const box = useRef<HTMLDivElement>(null);
  const name = useId();
  const [dots, hatching] = [`${name}dots`, `${name}hatching`];
  const size = useOwnSize(box, AT_FIRST);
  const text = useMemo(textSize, [size]);
  const axis = useContext(ChartAxis);
  useRows(box, places.length > 0 ? () => rowsOfColumns(axis, parts.map((part) => ({ ...part, places }))) : null);

  const [first, last] = range(places) ?? [0, 0];
  const left = MARGIN.left * text;
  const right = Math.max(left + 1, size.width - MARGIN.right * text);
  const x = (place: number) => (last > first ? left + ((right - left) * (place - first)) / (last - first) : (left + right) / 2);
  const y = (share: number) => size.height - MARGIN.bottom * text - (size.height - (MARGIN.top + MARGIN.bottom) * text) * share;
  const layers = stacked(parts.map(({ values }) => values));
  const gaps = undefinedStretches(places, layers[0]?.upper ?? [], x, [left, right]);
  const focused = Math.max(0, places.indexOf(marks[0]?.place ?? NaN));

  const describe = (index: number) => (
    <>
      {describePlace(places[index])}
      {[...parts].reverse().map(({ name, colour, values }) => (
        <div key={name}>
          <i class="swatch" style={{ background: colour }} /> {name} <b>{formatPercent(values[index])}</b>
        </div>
      ))}
    </>
  );
  const nearest = (event: MouseEvent) => {
    const at = event.clientX - box.current!.getBoundingClientRect().left;
    return places.reduce((best, place, index) => (Math.abs(x(place) - at) < Math.abs(x(places[best]) - at) ? index : best), 0);
  };
  const move = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowLeft: focused - 1, ArrowRight: focused + 1, Home: 0, End: places.length - 1 };
    const index = steps[event.key];
    if (index === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (places[index] === undefined) return;
    onChoose?.(places[index]);
    showTipAt(box.current!, describe(index));
  };
  const spoken = parts.map(({ name, values }) => `${name} ${formatPercent(values[focused] ?? NaN)}`).join(", ");

  return (
    <div
      class={`stacked-areas ${onChoose ? "clickable" : ""}`}
      ref={box}
      role={onChoose ? "slider" : "img"}
      tabIndex={onChoose ? 0 : undefined}
      aria-label={props.label}
      aria-valuemin={onChoose && first}
      aria-valuemax={onChoose && last}
      aria-valuenow={onChoose && places[focused]}
      aria-valuetext={onChoose && places.length > 0 ? `${describePlace(places[focused])}: ${spoken}` : undefined}
      onKeyDown={onChoose && move}
      onBlur={hideTip}
      onMouseMove={(event) => places.length > 0 && showTip(event, describe(nearest(event)))}
      onMouseLeave={hideTip}
      onClick={(event) => places.length > 0 && onChoose?.(places[nearest(event)])}
    >
      <svg width={size.width} height={size.height} aria-hidden="true">
        <defs>
          <pattern id={dots} width="7" height="7" patternUnits="userSpaceOnUse">
            <circle cx="2" cy="2" r="1.1" class="area-dot" />
            <circle cx="5.5" cy="5.5" r="1.1" class="area-dot" />
          </pattern>
          <pattern id={hatching} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect width="1.2" height="5" class="area-hatch" />
          </pattern>
        </defs>
        {[0, 0.5, 1].map((share) => (
          <g key={share} class="axis">
            <line x1={left} x2={right} y1={y(share)} y2={y(share)} />
            <text x={left - 0.45 * text} y={y(share)} dy="0.32em" text-anchor="end">
              {formatPercent(share)}
            </text>
          </g>
        ))}
        {spacedLabels(places, x, 3 * text).map((place) => (
          <g key={place} class="axis">
            <text x={x(place)} y={size.height - 0.35 * text} text-anchor="middle">
              {props.formatPlace(place)}
            </text>
          </g>
        ))}
        {parts.map(({ name, colour, dotted }, index) =>
          areaPaths(layers[index], places, x, y, HALF_BAR * text).map((path, stretch) => (
            <g key={`${name} ${stretch}`}>
              <path class="area" d={path} style={{ fill: colour }} />
              {dotted && <path d={path} fill={`url(#${dots})`} />}
            </g>
          )),
        )}
        {gaps.map(([from, to]) => (
          <g key={from}>
            <rect class="area-undefined" x={from} y={y(1)} width={to - from} height={y(0) - y(1)} fill={`url(#${hatching})`} />
            {to - from > 12 * NAME.character * text && (
              <text class="area-name" x={(from + to) / 2} y={y(0.5)} dy="0.34em" text-anchor="middle">
                not defined
              </text>
            )}
          </g>
        ))}
        {marks.map(({ place, kind }) => (
          <g key={kind}>
            <line class={`area-mark ${kind}`} x1={x(place)} x2={x(place)} y1={y(1)} y2={y(0)} />
            <path class={`area-pointer ${kind}`} d={`M${x(place) - 5} ${y(0) + 7}h10l-5 -7z`} />
          </g>
        ))}
        {parts.map(({ name }, index) => {
          const needed = { width: NAME.character * text * name.length, height: NAME.height * text };
          const place = labelPlace(layers[index], places, x, y, needed, [left + 3, right - 3]);
          return (
            place && (
              <text key={name} class="area-name" x={place.x} y={place.y} dy="0.34em" text-anchor="middle">
                {name}
              </text>
            )
          );
        })}
      </svg>
    </div>
  );
}

/** From where to where nothing is known: halfway to the neighbours that have values. */
function undefinedStretches(
  places: readonly number[],
  values: readonly number[],
  x: (place: number) => number,
  [left, right]: readonly [number, number],
): [number, number][] {
  const known = (index: number) => !Number.isNaN(values[index]);
  const found: [number, number][] = [];
  places.forEach((place, index) => {
    if (known(index)) return;
    const from = index === 0 ? left : (x(places[index - 1]) + x(place)) / 2;
    const to = index === places.length - 1 ? right : (x(place) + x(places[index + 1])) / 2;
    if (index > 0 && !known(index - 1)) found[found.length - 1][1] = to;
    else found.push([from, to]);
  });
  return found;
}
