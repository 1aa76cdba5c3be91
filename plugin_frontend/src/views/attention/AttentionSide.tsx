import { pointAt } from "../../attention_actions";
import { SizedBox } from "../../elements/SizedBox";
import { StrongestTokens } from "../../elements/StrongestTokens";
import { TokenText } from "../../elements/TokenText";
import { showTip } from "../../elements/Tooltip";
import { findSequence } from "../../lib/blocks";
import { formatBlock, formatLabel, formatPercent, formatToken, formatWeight } from "../../lib/format";
import { headsName, layersName, tokensName } from "../../lib/question_names";
import { selection } from "../../state";
import { choosable, closedReason } from "./choosable";
import { Pictures } from "./Pictures";
import { sharesByModality, type Reading } from "./readings";
import type { AttentionShown, SideShown } from "./shown";

/** From this ratio of the sides on there is room for the words beside the image. */
const WIDE = 1.25;

/** The image and the words of one side. */
export function AttentionSide({ shown, side }: { shown: AttentionShown; side: SideShown }) {
  const { image, words } = side.readings;
  const compared = shown.sides.length > 1;
  // The caption of a head or example says it already.
  const said = (reading: Reading) => side.caption !== undefined && reading.part !== null && !reading.part.missing && !reading.part.partly;
  const source = (reading: Reading) => !said(reading) && <Source side={side} reading={reading} compared={compared} />;
  return (
    <SizedBox class="attention-side" data-testid={`attention-${side.side}`} isWide={({ width, height }) => width >= WIDE * height}>
      {side.caption !== undefined && (
        <p class="side-caption" title={side.caption}>
          {shown.sides.some((other) => other.side !== side.side) && <span class={`chip ${side.side}`}>{side.side.toUpperCase()}</span>}
          {side.caption}
        </p>
      )}
      <div class="attention-flow">
        {image && (
          <div class="attention-image">
            {source(image)}
            <Pictures shown={shown} side={side} />
          </div>
        )}
        {words && (
          <div class="attention-words">
            {source(words)}
            <Words shown={shown} side={side} words={words} weights={side.wordWeights} />
            {side.readings.otherWords.map((other, place) => (
              <div key={other.sequence.name}>
                {source(other)}
                <Words shown={shown} side={side} words={other} weights={side.otherWeights[place]} />
              </div>
            ))}
            <Shares shown={shown} words={words} />
            <StrongestTokens
              title={shown.asDifference ? "Largest changes" : "Largest weights"}
              readings={[image, words].flatMap((reading) => (reading?.part?.chosen ? [reading] : []))}
              signed={shown.asDifference}
            />
          </div>
        )}
      </div>
    </SizedBox>
  );
}

/** Which block, layer and head the weights come from. */
function Source({ side, reading, compared }: { side: SideShown; reading: Reading; compared: boolean }) {
  const { part } = reading;
  const chip = compared && side.side !== "both" && side.caption === undefined && (
    <span class={`chip ${side.side}`}>{side.side.toUpperCase()}</span>
  );
  if (!part) {
    return (
      <p class="source">
        {chip}
        <span class="muted">no logged block leads from this token to the {reading.sequence.name}</span>
      </p>
    );
  }
  return (
    <p class="source" data-chosen={part.chosen} title={part.chosen ? undefined : companionTitle(reading)}>
      {chip}
      <b>{formatBlock(part.block.name)}</b>
      <span>{layersName(part)}</span>
      <span>{headsName(part)}</span>
      {part.partly !== null && <span class="muted">{part.partly}</span>}
      {part.missing !== null && <span class="warning">{part.missing}</span>}
    </p>
  );
}

function companionTitle({ sequence }: Reading): string {
  return `The chosen block does not reach the ${sequence.name} tokens; this is the nearest one that does.`;
}

interface WordsProps {
  shown: AttentionShown;
  side: SideShown;
  words: Reading;
  /** Those to paint. */
  weights: Float32Array | null;
}

function Words({ shown, side, words, weights: paintedWeights }: WordsProps) {
  const { plan, manifest } = side.frame;
  const { sequence, positions, weights } = words;
  const { role } = selection.value;
  return (
    <TokenText
      label={formatLabel(
        `Words of ${sequence.name}`,
        shown.sides.some((other) => other.side !== side.side) && side.side.toUpperCase(),
        side.caption,
      )}
      tokens={positions.map((index) => ({
        index,
        text: sequence.tokens[index],
        modality: sequence.modality[index],
        weight: paintedWeights ? paintedWeights[index] : null,
      }))}
      scale={shown.wordScale}
      table={shown.wordTable}
      chosen={plan?.sequence === sequence.name ? plan.tokens : []}
      choosable={choosable(manifest, sequence.name, role)}
      closed={closedReason(role)}
      onHover={(index, event) =>
        showTip(
          event,
          <>
            {weights && <b>{formatWeight(weights[index], shown.asDifference)}</b>} “{formatToken(sequence.tokens[index])}” {sequence.modality[index]}{" "}
            token {index}
            {words.masked?.has(index) && <span class="muted"> · sink, masked</span>}
          </>,
        )
      }
      onChoose={(index, gesture) => pointAt(sequence.name, index, gesture)}
    />
  );
}

/** How a row of attention over both words and image divides among them. */
function Shares({ shown, words }: { shown: AttentionShown; words: Reading }) {
  const shares = sharesByModality(words);
  const total = shares.reduce((sum, [, share]) => sum + share, 0);
  if (!words.weights || shown.asDifference || words.part?.missing || Math.abs(total - 1) > 0.05) return null;
  return (
    <div class="shares" data-testid="shares">
      <div class="shares-bar" aria-hidden="true">
        {shares.map(([modality, share]) => (
          <i key={modality} class={modality} style={{ flexGrow: share }} />
        ))}
      </div>
      <p class="muted">
        {shares.map(([modality, share]) => (
          <span key={modality}>
            <i class={`dot ${modality}`} /> {modality} {formatPercent(share)}
          </span>
        ))}
      </p>
    </div>
  );
}

/** "look" where the question counts tokens; words in quotes are one thing. */
export function looks(side: SideShown): string {
  const counted = /^\d+ |and /.test(chosenTokenName(side));
  return counted && (side.frame.plan?.tokens.length ?? 0) > 1 ? "look" : "looks";
}

/** The chosen tokens as they are called in the question that the view answers. */
export function chosenTokenName(side: SideShown): string {
  const { plan, manifest } = side.frame;
  const sequence = plan && findSequence(manifest, plan.sequence);
  return plan && sequence ? tokensName(sequence, plan.tokens) : "";
}
