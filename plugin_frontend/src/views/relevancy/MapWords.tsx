import { chooseTokens } from "../../actions";
import { TokenText } from "../../elements/TokenText";
import { showTip } from "../../elements/Tooltip";
import { formatScore, formatToken } from "../../lib/format";
import type { Explained } from "../../lib/maps";
import type { TokenWeights } from "../../lib/readings";
import type { Scale } from "../../lib/scale";
import { choosePositionExplained } from "../../map_actions";
import { explainedOffered } from "../../relevancy";
import { cardShown, cardToken } from "../../token_card";
import { tableOf } from "./shown";

interface Props {
  reading: TokenWeights;
  /** Say which sequence it is. */
  named: boolean;
  label: string;
  scale: Scale;
  explains: readonly Explained[];
  signed: boolean;
}

/** The words of a sequence by relevancy; the generated one that is explained is marked. */
export function MapWords({ reading, named, label, scale, explains, signed }: Props) {
  const { sequence, positions, weights } = reading;
  const grew = sequence.modality.includes("generated");
  const generated = explainedOffered.value.flatMap(({ position }) => (position === null ? [] : [position]));
  const card = cardShown.value ? cardToken.value : null;
  const explained = grew ? explains.slice(0, 1).flatMap(({ position }) => position ?? []) : [];
  const choose = (index: number) => {
    if (generated.includes(index)) choosePositionExplained(index);
    if (card) chooseTokens(sequence.name, [index]);
  };
  return (
    <>
      {named && <p class="muted">{sequence.name}</p>}
      <TokenText
        label={label}
        tokens={positions.map((index) => ({
          index,
          text: sequence.tokens[index],
          modality: sequence.modality[index],
          weight: weights && weights[index],
        }))}
        scale={scale}
        table={tableOf(scale, "words")}
        chosen={card?.sequence.name === sequence.name ? [card.token] : explained}
        choosable={card ? null : new Set(grew ? generated : [])}
        onHover={(index, event) =>
          showTip(
            event,
            <>
              {weights && <b>{formatScore(weights[index], signed)}</b>} “{formatToken(sequence.tokens[index])}”{" "}
              {sequence.modality[index]} token {index}
            </>,
          )
        }
        onChoose={choose}
      />
    </>
  );
}
