/** Tokens in a line, a stripe of colour each: words at a glance. */

import { useLayoutEffect, useRef } from "preact/hooks";
import { colourAt, type ColourTable } from "../lib/colour";
import { position, type Scale } from "../lib/scale";

interface Props {
  /** Which tokens, in order. */
  positions: readonly number[];
  /** NaN where a token has none: its stripe stays empty. */
  weights: Float32Array;
  scale: Scale;
  table: ColourTable;
}

export function TokenStrip({ positions, weights, scale, table }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || positions.length === 0) return;
    const pixels = context.createImageData(positions.length, 1);
    positions.forEach((token, place) => {
      if (Number.isNaN(weights[token])) return;
      pixels.data.set([...colourAt(table, position(scale, weights[token])), 255], 4 * place);
    });
    context.putImageData(pixels, 0, 0);
  }, [positions, weights, table, scale.low, scale.high, scale.scaling, scale.sizes]);
  return <canvas class="token-strip hatched" ref={canvas} width={Math.max(1, positions.length)} height={1} aria-hidden="true" />;
}
