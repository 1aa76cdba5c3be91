/** One matrix to look around in. */

import { effect } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { useOwnSize } from "../../../elements/own_size";
import { levelsAt } from "../../../lib/tiles";
import { axisLabels, spansOf } from "../../../lib/spans";
import { gutterFor, type Axis } from "../../../painters/matrix_axes";
import type { TokenSequence } from "../../../schema";
import { CrossHair } from "./CrossHair";
import { navigation } from "./navigation";
import { axisInk, paintMatrix } from "./paint_plot";
import { cameraFor, type PlotState } from "./plot_state";
import type { MatrixColours, MatrixSide } from "./shown";
import type { TileLoader } from "./tile_loader";
import { levelsShown, windowShown, type Cell } from "./window_shown";

/** Where both axes are the same tokens, the diagonal should look like one. */
const STRETCH_OF_ONE_SEQUENCE = 1.6;

interface Props {
  side: MatrixSide;
  colours: MatrixColours;
  label: string;
  chosen: ChosenTokens;
  loader: TileLoader;
  dark: boolean;
  onChoose(cell: Cell, asKey: boolean): void;
}

/** The chosen tokens on either axis. */
export interface ChosenTokens {
  query: readonly number[];
  key: readonly number[];
}

export function MatrixPlot(props: Props) {
  const { side, colours, chosen, loader } = props;
  const { source } = side;
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useOwnSize(box);
  const queries = useAxis(source.queries, chosen.query);
  const keys = useAxis(source.keys, chosen.key);
  const ink = useMemo(() => axisInk(box.current ?? document.documentElement), [props.dark, size]);
  const gutter = useMemo(() => gutterFor(queries, keys, ink.em), [source.queries, source.keys, ink]);
  const state = useRef<PlotState | null>(null);
  const plot = { width: Math.max(1, size.width - gutter.left - 1), height: Math.max(1, size.height - gutter.top - 1) };
  state.current = { side, colours, axes: { queries, keys }, gutter, plot, stretch: source.block.kind === "self" ? STRETCH_OF_ONE_SEQUENCE : Infinity };
  const owner = useMemo(() => ({}), []);

  useLayoutEffect(() => () => loader.forget(owner), []);

  const frame = useRef(0);
  const paint = useRef(() => {});
  paint.current = () => {
    frame.current = 0;
    if (!canvas.current || size.width < 1) return;
    const camera = cameraFor(state.current!);
    const levels = levelsAt(camera, devicePixelRatio, source.shape);
    const { level, keyLevel } = levelsShown.peek();
    if (level !== levels.level || keyLevel !== levels.keyLevel) levelsShown.value = levels;
    loader.want(owner, paintMatrix(canvas.current, state.current!, camera, ink));
  };
  const schedule = () => {
    frame.current ||= requestAnimationFrame(() => paint.current());
  };
  useLayoutEffect(schedule);
  useEffect(() => {
    const stop = effect(() => {
      windowShown.value;
      loader.landed.value;
      schedule();
    });
    return () => {
      stop();
      cancelAnimationFrame(frame.current);
    };
  }, []);

  const handlers = useMemo(() => navigation(() => state.current!), []);
  return (
    <div class="matrix-plot" ref={box} data-testid={`matrix-${side.side}`}>
      <canvas
        ref={canvas}
        width={Math.round(size.width * devicePixelRatio)}
        height={Math.round(size.height * devicePixelRatio)}
        tabIndex={0}
        role="application"
        aria-roledescription="token matrix"
        aria-label={props.label}
        {...handlers.events}
        onClick={(event) => {
          const cell = handlers.clicked(event);
          if (cell) props.onChoose(cell, event.shiftKey);
        }}
        onKeyDown={(event) => {
          const cell = handlers.pressed(event);
          if (cell) props.onChoose(cell, event.shiftKey);
        }}
      />
      <CrossHair state={state.current} />
    </div>
  );
}

function useAxis(sequence: TokenSequence, chosen: readonly number[]): Axis {
  const fixed = useMemo(
    () => ({ labels: axisLabels(sequence), modality: sequence.modality, spans: spansOf(sequence) }),
    [sequence],
  );
  return useMemo(() => ({ ...fixed, chosen }), [fixed, chosen]);
}
