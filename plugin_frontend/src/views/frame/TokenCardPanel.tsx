import { choosePoint } from "../../actions";
import { imageUrl } from "../../api";
import { nameOf } from "../../lib/heads";
import { Notice, Panel } from "../../elements/Panel";
import { TokenCard, type LayerCurve } from "../../elements/TokenCard";
import { formatBlock } from "../../lib/format";
import type { Head } from "../../lib/selection";
import { select } from "../../state";
import { JobProgress } from "./JobProgress";
import { cardDetails, cardLayer, cardNeighbours, cardToken, cardWords, hasStates } from "../../token_card";

/** The card of the chosen token, beside the view. */
export function TokenCardPanel() {
  const shown = cardToken.value;
  const loads = [cardNeighbours, cardWords, cardDetails];
  const failed = loads.find(({ error }) => error.value !== null);
  const layer = cardLayer.value;
  return (
    <Panel
      class="token-card-panel"
      testId="token-card"
      title="Token"
      loading={loads.some(({ loading }) => loading.value)}
      error={failed?.error.value}
      onRetry={() => loads.forEach(({ retry }) => retry())}
      aside={
        <button
          type="button"
          class="quiet icon"
          aria-label="Close the token card"
          title="Close (I)"
          onClick={() => select({ card: false })}
        >
          ✕
        </button>
      }
    >
      <JobProgress />
      {shown ? (
        <TokenCard
          shown={{
            text: shown.sequence.tokens[shown.token],
            modality: shown.sequence.modality[shown.token],
            sequence: shown.sequence.name,
            token: shown.token,
            place: placeOfToken(shown),
          }}
          neighbours={hasStates.value ? (cardNeighbours.value.value ?? []) : null}
          words={cardWords.value.value?.find((one) => one.layer === layer) ?? null}
          curves={curves()}
          layer={layer}
          urlOf={(image) => imageUrl(shown.place.run, image)}
          onLayer={(depth) => select({ depth })}
          onChoose={(neighbour) => choosePoint(neighbour.tag, neighbour.sequence, neighbour.token)}
        />
      ) : (
        <Notice>Choose a token: a word, a patch or a point.</Notice>
      )}
    </Panel>
  );
}

function curves(): LayerCurve[] {
  const details = cardDetails.value.value;
  if (!details) return [];
  const { norms, receives, gives } = details;
  const head = (of: { block: string; head: Head; heads: number }) =>
    `${formatBlock(of.block)}, ${nameOf(of.head, of.heads)}`;
  return [
    { title: "Length of the hidden state", ...norms },
    ...(receives
      ? [
          {
            title: "Attention it receives",
            note: `${head(receives)}, mean over ${receives.rows} query tokens`,
            layers: receives.layers,
            values: receives.received,
          },
        ]
      : []),
    ...(gives
      ? [{ title: "Entropy of what it looks at", note: `${head(gives)}, nats`, layers: gives.layers, values: gives.entropy }]
      : []),
  ];
}

function placeOfToken({ manifest, place, sequence, token }: NonNullable<typeof cardToken.value>) {
  const [box, index] = [sequence.boxes[token], sequence.image_index[token]];
  const image = manifest.images[index];
  return box && image ? { box, url: imageUrl(place.run, image.id), image: index, images: manifest.images.length } : null;
}
