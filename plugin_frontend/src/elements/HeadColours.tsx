/** The colours behind the cells of a matrix of heads, exactly where the cells lie. */

import { useLayoutEffect, useRef } from "preact/hooks";
import type { ColourTable } from "../lib/colour";
import { sameValues } from "../lib/same_values";
import { paintHeadCells, type Stretch } from "../painters/head_cells";

interface Props {
  layers: number;
  columns: number;
  /** layers x columns, as the painter takes them. */
  shades: Float32Array;
  opacities: Float32Array;
  table: ColourTable;
}

interface Places {
  rows: readonly Stretch[];
  columns: readonly Stretch[];
  ratio: number;
}

export function HeadColours(props: Props) {
  const { layers, columns, shades, opacities, table } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const places = useRef<Places | null>(null);
  const painted = useRef<Props | null>(null);
  const paint = () => {
    if (!canvas.current || !places.current) return;
    paintHeadCells(canvas.current, { ...places.current, shades, opacities, table }, places.current.ratio);
    painted.current = props;
  };
  const latest = useRef(paint);
  latest.current = paint;

  useLayoutEffect(() => {
    const matrix = canvas.current!.parentElement!;
    places.current = null;
    const fit = () => {
      places.current = measure(matrix, canvas.current!);
      latest.current();
    };
    // It is called before the first frame, too; who zooms changes the pixels, but no size in them.
    const observer = new ResizeObserver(fit);
    observer.observe(matrix);
    addEventListener("resize", fit);
    return () => {
      observer.disconnect();
      removeEventListener("resize", fit);
    };
  }, [layers, columns]);

  useLayoutEffect(() => {
    const before = painted.current;
    const same = before && before.table === table && sameValues(before.shades, shades) && sameValues(before.opacities, opacities);
    if (!same) paint();
  });

  return <canvas class="matrix-colours" ref={canvas} aria-hidden="true" />;
}

function measure(matrix: Element, canvas: HTMLCanvasElement): Places {
  const ratio = window.devicePixelRatio || 1;
  const frame = canvas.getBoundingClientRect();
  // Rounded as the browser rounds boxes, so that one pixel here is one of the screen.
  const from = (edge: number, start: number) => Math.round(edge * ratio) - Math.round(start * ratio);
  canvas.width = Math.max(1, from(frame.right, frame.left));
  canvas.height = Math.max(1, from(frame.bottom, frame.top));
  return {
    ratio,
    rows: [...matrix.querySelectorAll("[data-line]")].map((row) => {
      const { top, bottom } = row.getBoundingClientRect();
      return [from(top, frame.top), from(bottom, frame.top)] as const;
    }),
    columns: [...matrix.querySelectorAll(".matrix-head")].map((name) => {
      const { left, right } = name.getBoundingClientRect();
      return [from(left, frame.left), from(right, frame.left)] as const;
    }),
  };
}
