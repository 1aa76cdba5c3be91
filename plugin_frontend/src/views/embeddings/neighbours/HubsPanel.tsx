import { choosePoint } from "../../../actions";
import { imageUrl } from "../../../api";
import { runOf } from "../../../catalogue";
import { shownDepth } from "../../../data";
import { ChartFigure } from "../../../elements/ChartFigure";
import { LineChart, type Line } from "../../../elements/LineChart";
import { Notice, Panel } from "../../../elements/Panel";
import { Select } from "../../../elements/Select";
import { TokenButton } from "../../../elements/TokenButton";
import { describeToken, formatCount, formatLabel, formatNumber, formatPercent } from "../../../lib/format";
import { findPair, keyOf, pairName, pairTitle } from "../../../lib/neighbourhoods";
import type { Side } from "../../../lib/selection";
import { hubsOf } from "../../../neighbourhoods";
import type { Hubness } from "../../../schema";
import { select, selection, visibleSides } from "../../../state";

/** Tokens that are near to very many others, and how unevenly that falls, layer by layer. */
export function HubsPanel() {
  const { kindPair } = selection.value;
  const progress = visibleSides.value.map((side) => hubsOf[side]);
  const failed = progress.find(({ error }) => error.value !== null);
  const shown = visibleSides.value.flatMap((side) => {
    const layers = hubsOf[side].value.value;
    return layers ? [{ side, layers }] : [];
  });
  const here = shown.flatMap(({ side, layers }) => {
    const found = layers.find(({ layer }) => layer === shownDepth.value);
    return found ? [{ side, found }] : [];
  });
  const pairs = here[0]?.found.pairs ?? [];
  const pair = findPair(pairs, kindPair);
  // One scale for both sides.
  const most = Math.max(
    1,
    ...here.flatMap(({ found }) => (pair && findPair(found.pairs, pairName(pair))?.hubs.map(({ times }) => times)) ?? []),
  );
  return (
    <Panel
      class="hubs"
      testId="hubs"
      title="Hubs"
      loading={progress.some(({ loading }) => loading.value)}
      error={failed?.error.value}
      onRetry={() => progress.forEach(({ retry }) => retry())}
      aside={
        pair && (
          <Select
            label="Whose nearest"
            options={pairs.map((one) => ({ value: pairName(one), label: pairTitle(one) }))}
            value={pairName(pair)}
            onChoose={(value) => select({ kindPair: value })}
          />
        )
      }
    >
      <p class="description">
        A hub is among the nearest of very many tokens; an orphan is nobody’s. The skewness of that number is 0 where
        it is even, and large where there are hubs.
      </p>
      {shown.length > 0 && !pair && <Notice>Too few tokens lie in this space.</Notice>}
      {pair && (
        <>
          <ChartFigure title="Skewness by layer" note={pairTitle(pair)} axis="layer">
            <LineChart
              label={`Skewness by layer, ${pairTitle(pair)}`}
              lines={shown.map(({ side, layers }) => skewness(side, layers, pairName(pair), shown.length > 1))}
              marks={shownDepth.value === null ? [] : [{ step: shownDepth.value, kind: visibleSides.value[0] }]}
              formatX={(number) => (Number.isInteger(number) ? String(number) : "")}
              describeX={(number) => `layer ${number}`}
              onChoose={(layer) => select({ depth: layer })}
            />
          </ChartFigure>
          {here.map(({ side, found }) => (
            <HubTable key={side} side={side} labelled={here.length > 1} found={found} pair={pairName(pair)} most={most} />
          ))}
          <p class="muted nearest-scale">{here[0].found.note}</p>
        </>
      )}
    </Panel>
  );
}

function skewness(side: Side, layers: readonly Hubness[], name: string, labelled: boolean): Line {
  return {
    name: labelled ? side.toUpperCase() : "skewness",
    steps: layers.map(({ layer }) => layer),
    values: layers.map(({ pairs }) => pairs.find((pair) => pairName(pair) === name)?.skewness ?? NaN),
    kind: side,
  };
}

interface TableProps {
  side: Side;
  labelled: boolean;
  found: Hubness;
  pair: string;
  /** What fills a bar. */
  most: number;
}

function HubTable({ side, labelled, found, pair, most }: TableProps) {
  const one = found.pairs.find((candidate) => pairName(candidate) === pair);
  if (!one) return null;
  return (
    <section class="hub-list" data-testid={`hubs-${side}`}>
      <h3>
        {labelled && <span class={`chip ${side}`}>{side.toUpperCase()}</span>} Layer {found.layer}{" "}
        <span class="muted">
          skewness {formatNumber(one.skewness ?? NaN)}, {formatPercent(one.orphans ?? NaN)} orphans
        </span>
      </h3>
      <table class="hub-table" aria-label={formatLabel("Hubs", labelled && side.toUpperCase())}>
        <thead>
          <tr>
            <th scope="col">token</th>
            <th scope="col">example</th>
            <th scope="col" title={`In how many of ${formatCount(one.tokens)} neighbourhoods it is; ${formatNumber(one.mean)} on average`}>
              in neighbourhoods
            </th>
          </tr>
        </thead>
        <tbody>
          {one.hubs.map((hub) => (
            <tr key={keyOf(hub)}>
              <td data-value={hub.text}>
                <TokenButton
                  token={hub}
                  described={`${describeToken(hub)}, in ${hub.times} neighbourhoods`}
                  urlOf={(image) => imageUrl(runOf[side].value ?? "", image)}
                  onChoose={() => choosePoint(hub.tag, hub.sequence, hub.token)}
                />
              </td>
              <td class="muted">
                {hub.tag} · {hub.token}
              </td>
              <td class="hub-times" data-value={hub.times}>
                <span aria-hidden="true">
                  <i style={{ width: `${(100 * hub.times) / most}%` }} />
                  <u style={{ left: `${(100 * one.mean) / most}%` }} />
                </span>
                {hub.times}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
