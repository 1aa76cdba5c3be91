import { TokenText } from "../../elements/TokenText";
import { showTip } from "../../elements/Tooltip";
import { formatScore, formatToken } from "../../lib/format";
import type { Explained } from "../../lib/maps";
import type { TokenWeights } from "../../lib/readings";
import type { Scale } from "../../lib/scale";
import { choosePositionExplained } from "../../map_actions";
import { explainedOffered } from "../../relevancy";
import { tableOf } from "./shown";

interface Props {
  reading: TokenWeights;
  /** Say which sequence it is. */
  named: boolean;
  scale: Scale;
  explains: readonly Explained[];
  signed: boolean;
}

/** The words of a sequence by relevancy; the generated one that is explained is marked. */
export function MapWords({ reading, named, scale, explains, signed }: Props) {
  const { sequence, positions, weights } = reading;
  const grew = sequence.modality.includes("generated");
  const generated = explainedOffered.value.flatMap(({ position }) => (position === null ? [] : [position]));
  return (
    <>
      {named && <p class="muted">{sequence.name}</p>}
      <TokenText
        label={`Words of ${sequence.name}`}
        tokens={positions.map((index) => ({
          index,
          text: sequence.tokens[index],
          modality: sequence.modality[index],
          weight: weights && weights[index],
        }))}
        scale={scale}
        table={tableOf(scale, "words")}
        chosen={grew ? explains.slice(0, 1).flatMap(({ position }) => position ?? []) : []}
        choosable={new Set(grew ? generated : [])}
        onHover={(index, event) =>
          showTip(
            event,
            <>
              {weights && <b>{formatScore(weights[index], signed)}</b>} “{formatToken(sequence.tokens[index])}”{" "}
              {sequence.modality[index]} token {index}
            </>,
          )
        }
        onChoose={choosePositionExplained}
      />
    </>
  );
}
