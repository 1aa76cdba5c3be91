import { ChartFigure } from "../../../elements/ChartFigure";
import { LineChart, type Line } from "../../../elements/LineChart";
import { Named } from "../../../elements/Named";
import { Panel } from "../../../elements/Panel";
import { SeriesLegend } from "../../../elements/SeriesLegend";
import { formatToken, formatTokenAt } from "../../../lib/format";
import { lensPlaces, settledShares, type Lens } from "../../../lib/logit_lens";
import type { Series } from "../../../lib/series";
import type { Side } from "../../../lib/selection";
import { select } from "../../../state";
import type { LensShown } from "./shown";

const WORDS: Series = { colour: "var(--text)", dash: null };
const PATCHES: Series = { colour: "var(--image)", dash: null };
const SHARES = [0, 1] as const;

/** How the chosen token's readings come to the answer, and from which layer on all tokens' readings stay. */
export function LensCharts({ shown }: { shown: LensShown }) {
  const [front] = shown.sides;
  const lenses: { side: Side; lens: Lens }[] = shown.sides.flatMap(({ side, lens, before }) =>
    before ? [{ side: "a" as const, lens: before }, { side, lens }] : [{ side, lens }],
  );
  const compared = lenses.length > 1;
  const several = front.lens.positions.length > 1;
  const known = lenses.filter(({ lens }) => lens.answer !== null);
  if (known.length === 0 && !several) return null;
  const token = formatTokenAt(front.sequence, front.lens.positions[shown.place]);
  const layer = front.lens.layers[shown.layer];
  const common = {
    marks: [{ step: layer, kind: "a" as const }],
    extent: SHARES,
    formatX: (number: number) => String(number),
    describeX: (number: number) => `layer ${number}`,
    onChoose: (number: number) => select({ depth: number }),
  };
  const kinds = [...new Set(shown.sides.flatMap(({ lens, sequence }) => lens.positions.map((one) => kindOf(sequence.modality[one]))))];
  return (
    <Panel class="lens-charts" testId="lens-charts" title="Over the layers">
      <div class="charts">
        {known.length > 0 && (
          <ChartFigure title={`Probability of the answer at “${token}”`} note={answersSaid(known)} axis="layer">
            <LineChart label={`Probability of the answer at ${token} by layer`} lines={known.map((one) => answerLine(one, shown.place))} {...common} />
          </ChartFigure>
        )}
        {several &&
          lenses.map(({ side, lens }) => (
            <ChartFigure key={side} title={<Named side={compared ? side : null} text="Tokens whose top word is settled" />} axis="layer">
              <LineChart
                label={`Share of the tokens whose top word is settled, by layer${compared ? `, ${side.toUpperCase()}` : ""}`}
                lines={kinds.map((kind) => settledLine(lens, kind, front.sequence.modality))}
                {...common}
              />
            </ChartFigure>
          ))}
      </div>
      {several && kinds.length > 1 && (
        <SeriesLegend entries={kinds.map((kind) => ({ name: kind, series: kind === "patches" ? PATCHES : WORDS }))} />
      )}
    </Panel>
  );
}

function kindOf(modality: string): "patches" | "words" {
  return modality === "image" ? "patches" : "words";
}

function answersSaid(known: readonly { side: Side; lens: Lens }[]): string {
  const said = known.map(({ side, lens }) => `${known.length > 1 ? `${side.toUpperCase()}: ` : ""}“${formatToken(lens.answer!.text)}”`);
  return said.join(", ");
}

function answerLine({ side, lens }: { side: Side; lens: Lens }, place: number): Line {
  const values = lens.layers.map((_, layer) => lens.answer!.probability[layer * lens.positions.length + place] ?? NaN);
  return { name: `${side.toUpperCase()}: “${formatToken(lens.answer!.text)}”`, steps: lens.layers, values, kind: side };
}

function settledLine(lens: Lens, kind: "patches" | "words", modality: readonly string[]): Line {
  const values = settledShares(lens, lensPlaces(lens, modality, kind));
  return { name: kind, steps: lens.layers, values, kind: "series", series: kind === "patches" ? PATCHES : WORDS };
}
