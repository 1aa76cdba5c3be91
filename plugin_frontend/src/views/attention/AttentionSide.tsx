import { chooseToken } from "../../actions";
import { nameOf } from "../../elements/HeadMatrix";
import { StrongestTokens } from "../../elements/StrongestTokens";
import { TokenText } from "../../elements/TokenText";
import { showTip } from "../../elements/Tooltip";
import { findSequence } from "../../lib/blocks";
import { formatBlock, formatPercent, formatPlace, formatToken, formatWeight } from "../../lib/format";
import { Pictures } from "./Pictures";
import { sharesByModality, type Reading } from "./readings";
import type { AttentionShown, SideShown } from "./shown";

/** The image and the words of one side. */
export function AttentionSide({ shown, side }: { shown: AttentionShown; side: SideShown }) {
  const { image, words } = side.readings;
  const compared = shown.sides.length > 1;
  return (
    <div class="attention-side" data-testid={`attention-${side.side}`}>
      <div class="attention-flow">
        {image && (
          <div class="attention-image">
            <Source side={side} reading={image} compared={compared} />
            <Pictures shown={shown} side={side} />
          </div>
        )}
        {words && (
          <div class="attention-words">
            <Source side={side} reading={words} compared={compared} />
            <Words shown={shown} side={side} words={words} />
            <Shares shown={shown} words={words} />
            <StrongestTokens
              title={shown.asDifference ? "Largest changes" : "Largest weights"}
              readings={[image, words].flatMap((reading) => (reading?.part?.chosen ? [reading] : []))}
              signed={shown.asDifference}
            />
          </div>
        )}
      </div>
    </div>
  );
}

/** Which block, layer and head the weights come from. */
function Source({ side, reading, compared }: { side: SideShown; reading: Reading; compared: boolean }) {
  const { part } = reading;
  const chip = compared && <span class={`chip ${side.side}`}>{side.side.toUpperCase()}</span>;
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
      <span>layer {part.layer}</span>
      <span>{nameOf(part.head, part.block.heads)}</span>
      {part.missing !== null && <span class="warning">{part.missing}</span>}
    </p>
  );
}

function companionTitle({ sequence }: Reading): string {
  return `The chosen block does not reach the ${sequence.name} tokens; this is the nearest one that does.`;
}

function Words({ shown, side, words }: { shown: AttentionShown; side: SideShown; words: Reading }) {
  const { plan, manifest } = side.frame;
  const { sequence, positions, weights } = words;
  return (
    <TokenText
      label={`Words of ${sequence.name}`}
      tokens={positions.map((index) => ({
        index,
        text: sequence.tokens[index],
        modality: sequence.modality[index],
        weight: weights ? weights[index] : null,
      }))}
      scale={shown.wordScale}
      table={shown.wordTable}
      chosen={plan?.sequence === sequence.name ? plan.token : null}
      choosable={choosable()}
      closed="The attention of this token was not logged."
      onHover={(index, event) =>
        showTip(
          event,
          <>
            {weights && <b>{formatWeight(weights[index], shown.asDifference)}</b>} “{formatToken(sequence.tokens[index])}” {sequence.modality[index]}{" "}
            token {index}
          </>,
        )
      }
      onChoose={(index) => chooseToken(sequence.name, index)}
    />
  );

  /** The words whose attention was kept in at least one block. */
  function choosable(): ReadonlySet<number> | null {
    if (plan?.role === "key") return null;
    const blocks = manifest.attention.filter((block) => block.query === sequence.name);
    if (blocks.some(({ rows }) => rows === null)) return null;
    return new Set(blocks.flatMap(({ rows }) => rows ?? []));
  }
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

/** The chosen token as it is called in the question that the view answers. */
export function chosenTokenName(side: SideShown): string {
  const { plan, manifest } = side.frame;
  const sequence = plan && findSequence(manifest, plan.sequence);
  if (!plan || !sequence) return "";
  const token = sequence.tokens[plan.token];
  return sequence.modality[plan.token] === "image" ? formatPlace(token) : `“${formatToken(token)}”`;
}
