/** All about one token: what and where it is, its neighbours, its numbers over the layers. */

import type { ComponentChildren } from "preact";
import { formatPlace, formatToken } from "../lib/format";
import type { Box, Modality, Neighbour, LayerNeighbours } from "../schema";
import { BoxCrop } from "./BoxCrop";
import { ChartFigure } from "./ChartFigure";
import { LineChart } from "./LineChart";
import { NeighbourTable, WordCloud } from "./Neighbours";
import { Notice } from "./Panel";

export interface TokenShown {
  text: string;
  modality: Modality;
  sequence: string;
  token: number;
  /** Where it lies: in which of how many images. */
  place: { box: Box; url: string; image: number; images: number } | null;
}

/** A number at every layer; null where it is not defined or not logged. */
export interface LayerCurve {
  title: string;
  note?: string;
  layers: readonly number[];
  values: readonly (number | null)[];
}

interface Props {
  shown: TokenShown;
  /** Nearest tokens of any kind, by layer; null where no hidden states were logged. */
  neighbours: readonly LayerNeighbours[] | null;
  /** Nearest words at the layer. */
  words: LayerNeighbours | null;
  /** Its numbers over the layers. */
  curves: readonly LayerCurve[];
  layer: number | null;
  urlOf(image: string): string;
  onLayer(layer: number): void;
  onChoose(neighbour: Neighbour): void;
}

export function TokenCard({ shown, neighbours, words, curves, layer, ...props }: Props) {
  const { place } = shown;
  return (
    <div class="token-card">
      <div class="token-card-self">
        {place && <BoxCrop url={place.url} box={place.box} label="Where the patch lies" around={1.5} />}
        <div>
          <p class="token-card-name">
            {place ? formatPlace(shown.text) : `“${formatToken(shown.text)}”`}
          </p>
          <p>
            <i class={`dot ${shown.modality}`} /> {shown.modality}, token {shown.token} of {shown.sequence}
          </p>
          {place && (
            <p class="muted">
              {place.images > 1 && `image ${place.image + 1} of ${place.images}, `}
              {percent(place.box)}
            </p>
          )}
        </div>
      </div>
      {neighbours === null && <Notice>No hidden states were logged for this token.</Notice>}
      {neighbours && neighbours.length > 0 && (
        <Part title="Nearest tokens" note="over all examples, by layer; each word once">
          <NeighbourTable layers={neighbours} layer={layer} {...props} />
        </Part>
      )}
      {words && words.neighbours.length > 0 && (
        <Part title={`Nearest words, layer ${words.layer}`} note="the larger the nearer">
          <WordCloud neighbours={words.neighbours} onChoose={props.onChoose} />
        </Part>
      )}
      <Curves curves={curves} layer={layer} />
    </div>
  );
}

function Curves({ curves, layer }: { curves: readonly LayerCurve[]; layer: number | null }) {
  return (
    <div class="token-curves">
      {curves.map((curve) => (
        <Curve key={curve.title} {...curve} chosen={layer} />
      ))}
    </div>
  );
}

/** Nothing where no layer has the number: it is not defined for this token. */
function Curve({ title, note, layers, values, chosen }: LayerCurve & { chosen: number | null }) {
  if (values.every((value) => value === null)) return null;
  return (
    <ChartFigure title={title} note={note} axis="layer">
      <LineChart
        label={`${title} over the layers`}
        lines={[{ name: title, steps: layers, values: values.map((value) => value ?? NaN), kind: "a" }]}
        marks={chosen !== null && layers.includes(chosen) ? [{ step: chosen, kind: "a" }] : []}
        formatX={(number) => (Number.isInteger(number) ? String(number) : "")}
        describeX={(number) => `layer ${number}`}
      />
    </ChartFigure>
  );
}

function Part({ title, note, children }: { title: string; note: string; children: ComponentChildren }) {
  return (
    <section>
      <h3>{title}</h3>
      <p class="muted">{note}</p>
      {children}
    </section>
  );
}

function percent([x0, y0, x1, y1]: Box): string {
  const across = (from: number, to: number) => `${Math.round(100 * from)}–${Math.round(100 * to)} %`;
  return `${across(x0, x1)} from the left, ${across(y0, y1)} from the top`;
}
