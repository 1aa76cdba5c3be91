import { imageUrl } from "../../api";
import { ChartFigure } from "../../elements/ChartFigure";
import { IndexSlider } from "../../elements/IndexSlider";
import { LineChart, type Line } from "../../elements/LineChart";
import { SeriesLegend } from "../../elements/SeriesLegend";
import { TokenPictures } from "../../elements/TokenPictures";
import { TokenText } from "../../elements/TokenText";
import { magma } from "../../lib/colour";
import { formatLabel, formatNumber, formatPercent, formatPlace } from "../../lib/format";
import { hasBoxes, hasWords, writtenTokens } from "../../lib/readings";
import { fractionIndex, removedTokens } from "../../lib/removal";
import type { Scale } from "../../lib/scale";
import type { Side } from "../../lib/selection";
import { seriesFor } from "../../relevancy";
import type { Manifest, PerturbationTest } from "../../schema";
import { select, selection } from "../../state";
import { numbers } from "./evaluation";

interface Props {
  side: Side;
  manifest: Manifest;
  test: PerturbationTest;
  /** Smallest and largest value of the metric on both sides. */
  extent: readonly [number, number] | null;
  compared: boolean;
}

const NO_SCALE: Scale = { low: 0, high: 1, diverging: false };

/** What is left of the example at the chosen fraction, and what the model made of it. */
export function PerturbedSide({ side, manifest, test, extent, compared }: Props) {
  const index = fractionIndex(test, selection.value.fraction);
  const gone = removedTokens(test, index);
  const lost = ({ name }: { name: string }) => (name === test.sequence ? gone : []);
  const placed = manifest.sequences.filter(hasBoxes);
  const picture = placed.find(({ name }) => name === test.sequence) ?? placed[0] ?? null;
  const written = manifest.sequences.filter(hasWords);
  const share = test.fractions[index];
  return (
    <div class="perturbed-side" data-testid={`perturbed-${side}`} style={{ "--images": manifest.images.length }}>
      <div class="perturbed-picture">
        {compared && <span class={`chip ${side}`}>{side.toUpperCase()}</span>}
        <TokenPictures
          images={manifest.images}
          urlOf={(id) => imageUrl(manifest.run, id)}
          sequence={picture}
          weights={null}
          scale={NO_SCALE}
          table={magma}
          smooth={false}
          subject={`${formatPercent(share)} perturbation`}
          removed={picture ? lost(picture) : []}
          tip={picture ? (token) => tokenTip(picture.tokens[token], lost(picture).includes(token)) : undefined}
        />
      </div>
      <div class="perturbed-numbers">
        <label class="fraction-slider">
          <span>
            removed <b>{formatPercent(share)}</b>
          </span>
          <IndexSlider
            label="Share of tokens removed"
            values={test.fractions}
            value={share}
            describe={(value) => `${formatPercent(value)} removed`}
            onChoose={(fraction) => select({ fraction })}
          />
          <span class="muted">
            {test.removed[index]} of {test.removal.length} tokens
          </span>
        </label>
        <Outcome test={test} index={index} />
        {written.map((sequence) => (
          <TokenText
            key={sequence.name}
            label={`Words of ${sequence.name} that are left`}
            tokens={writtenTokens(sequence).map((token) => ({
              index: token,
              text: sequence.tokens[token],
              modality: sequence.modality[token],
              weight: null,
              removed: lost(sequence).includes(token),
            }))}
            scale={NO_SCALE}
            table={magma}
            chosen={[]}
            choosable={new Set()}
          />
        ))}
        <MetricOverFractions lines={metricLines(manifest, test)} {...{ test, index, side, extent, compared }} />
      </div>
    </div>
  );
}

function tokenTip(token: string, removed: boolean) {
  return (
    <>
      {formatPlace(token)}
      {removed && " · removed"}
    </>
  );
}

/** The model's answer and the metric there, beside those of the whole input. */
function Outcome({ test, index }: { test: PerturbationTest; index: number }) {
  const { answers, metric, values } = test;
  const changed = answers.length > 0 && answers[index] !== answers[0];
  return (
    <p class="outcome" data-testid="outcome">
      {answers.length > 0 && (
        <span>
          answer <b class={changed ? "warning" : ""}>{answers[index] || "(empty)"}</b>
          {changed && <span class="muted"> before: {answers[0] || "(empty)"}</span>}
        </span>
      )}
      <span>
        {metric} <b>{formatNumber(values[index] ?? NaN)}</b>
        {index > 0 && <span class="muted"> before: {formatNumber(values[0] ?? NaN)}</span>}
      </span>
    </p>
  );
}

/** The metric at every fraction: a line for every method that was tested in this order. */
export function metricLines({ perturbation }: Manifest, test: PerturbationTest): Line[] {
  const alike = perturbation.filter(
    ({ order, sequence, metric, target, method }) =>
      order === test.order &&
      sequence === test.sequence &&
      metric === test.metric &&
      (target === test.target || method === "random"),
  );
  return alike.map(({ method, title, fractions, values }) => ({
    name: title,
    steps: fractions,
    values: numbers(values),
    kind: "series",
    series: seriesFor(method),
  }));
}

type ChartProps = Pick<Props, "test" | "side" | "extent" | "compared"> & { lines: readonly Line[]; index: number };

function MetricOverFractions({ lines, test, index, side, extent, compared }: ChartProps) {
  return (
    <>
      <ChartFigure title={test.metric} axis={`share of ${test.sequence} tokens removed`}>
        <LineChart
          label={formatLabel(`${test.metric} over the share of tokens removed`, compared && side.toUpperCase())}
          lines={lines}
          marks={[{ step: test.fractions[index], kind: side }]}
          extent={extent}
          formatX={formatPercent}
          describeX={(share) => `${formatPercent(share)} removed`}
          onChoose={(fraction) => select({ fraction })}
        />
      </ChartFigure>
      {lines.length > 1 && <SeriesLegend entries={lines.map(({ name, series }) => ({ name, series: series! }))} />}
    </>
  );
}
