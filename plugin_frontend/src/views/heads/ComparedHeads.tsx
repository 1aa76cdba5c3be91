import { perSide } from "../../catalogue";
import { attentionOf } from "../../data";
import { Legend } from "../../elements/Legend";
import { TokenText } from "../../elements/TokenText";
import { showTip } from "../../elements/Tooltip";
import { comparedHeadOf, matchedFrame, matchedHead } from "../../head_panels";
import { formatLabel, formatToken, formatWeight } from "../../lib/format";
import { parseHead, type HeadOfLayer } from "../../lib/heads";
import { selection, visibleSides } from "../../state";
import { chosenTokenName } from "../attention/AttentionSide";
import { Pictures } from "../attention/Pictures";
import { shownFrames, type AttentionShown, type SideShown } from "../attention/shown";

/** The chosen token in the chosen head, and in the one that is compared with it, on one scale. */
export function ComparedHeads({ block }: { block: string }) {
  const { layer, head, comparedHead, role } = selection.value;
  const other = comparedHead === null ? null : parseHead(comparedHead);
  const match = selection.value.matched && visibleSides.value.length === 2 ? matchedHead.value : null;
  if (!other && !match) return <p class="muted">Choose a cell of the matrix to see its two heads next to each other.</p>;
  if (selection.value.block !== block || layer === null || typeof head !== "number") return null;
  const frames = [
    perSide((side) => (side === "b" && match ? matchedFrame : attentionOf[side]).value.value),
    ...(other ? [perSide((side) => comparedHeadOf[side].value.value)] : []),
  ];
  const items = shownFrames(frames).filter(({ sides }) => sides.length > 0);
  const [first] = items[0]?.sides ?? [];
  const reading = first && chosenReading(first);
  if (!reading) return null;
  const [scale, table] =
    reading === "image" ? [items[0].imageScale, items[0].imageTable] : [items[0].wordScale, items[0].wordTable];
  const titles = [chosenTitle({ layer, head }, match), ...(other ? [nameOf(other)] : [])];
  const token = chosenTokenName(first);
  return (
    <section class="gallery" data-testid="compared">
      <header class="gallery-head">
        <h3>{role === "query" ? `What ${token} looks at` : `What looks at ${token}`}</h3>
        <Legend scale={scale} table={table} title={items[0].asDifference ? "change of the weight" : "weight"} unit="" />
      </header>
      <div class="compared-heads">
        {items.map((shown, index) => (
          <figure key={index} data-testid={index === 0 ? "compared-chosen" : "compared-beside"}>
            <div class="gallery-pictures">
              {shown.sides.map((side) =>
                reading === "image" ? (
                  <Pictures key={side.side} shown={shown} side={side} small fixed />
                ) : (
                  <Words key={side.side} shown={shown} side={side} title={titles[index]} />
                ),
              )}
            </div>
            <figcaption>{titles[index]}</figcaption>
          </figure>
        ))}
      </div>
    </section>
  );
}

/** Which tokens the chosen block leads to. */
function chosenReading({ readings: { image, words, manifest } }: SideShown): "image" | "words" | null {
  if (image?.part?.chosen && manifest.images.length > 0) return "image";
  return words?.part?.chosen ? "words" : null;
}

function Words({ shown, side, title }: { shown: AttentionShown; side: SideShown; title: string }) {
  const { words } = side.readings;
  if (!words) return null;
  const { sequence, positions } = words;
  const weights = side.wordWeights;
  return (
    <TokenText
      label={formatLabel(`Words of ${sequence.name}`, shown.sides.length > 1 && side.side.toUpperCase(), title)}
      tokens={positions.map((index) => ({
        index,
        text: sequence.tokens[index],
        modality: sequence.modality[index],
        weight: weights ? weights[index] : null,
      }))}
      scale={shown.wordScale}
      table={shown.wordTable}
      chosen={[]}
      choosable={new Set()}
      onHover={(index, event) =>
        showTip(
          event,
          <>
            {weights && <b>{formatWeight(weights[index], shown.asDifference)}</b>} “{formatToken(sequence.tokens[index])}”
          </>,
        )
      }
    />
  );
}

function chosenTitle(head: HeadOfLayer, match: HeadOfLayer | null): string {
  return match ? `A: ${nameOf(head)} · B: ${nameOf(match)}` : nameOf(head);
}

function nameOf({ layer, head }: HeadOfLayer): string {
  return `layer ${layer}, head ${head}`;
}
