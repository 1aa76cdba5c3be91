import { chooseTokens } from "../../../actions";
import { imageUrl } from "../../../api";
import { TokenPictures } from "../../../elements/TokenPictures";
import { formatToken } from "../../../lib/format";
import { bestAt, lensPlaces } from "../../../lib/logit_lens";
import { selection } from "../../../state";
import { LensTable } from "./LensTable";
import { answersSaid, hasBoth, lensTable, type LensShown, type LensSide } from "./shown";
import { Readings } from "./Readings";

interface Props {
  shown: LensShown;
  side: LensSide;
  compared: boolean;
}

/** The lens at one checkpoint, or the change to it: on the image, and as a table. */
export function LensOfSide({ shown, side, compared }: Props) {
  const { lens, manifest, sequence } = side;
  const image = lens.positions.flatMap((position, place) => (sequence.modality[position] === "image" ? [place] : []));
  const onImage = image.some((place) => sequence.boxes[lens.positions[place]] !== null) && manifest.images.length > 0;
  const rows = hasBoth(side) ? selection.value.lensRows : "all";
  return (
    <section class="lens-side" data-testid={`lens-${side.side}`} data-pictures={onImage} style={{ "--images": manifest.images.length }}>
      {compared && (
        <header>
          {side.before === null ? <span class={`chip ${side.side}`}>{side.side.toUpperCase()}</span> : <b>B − A</b>}
          {lens.answer && <span>answer {answersSaid([side.before, lens])}</span>}
        </header>
      )}
      <div class="lens-flow">
        {onImage && <Pictures shown={shown} side={side} places={image} />}
        <LensTable shown={shown} side={side} places={lensPlaces(lens, sequence.modality, rows)} />
      </div>
    </section>
  );
}

function Pictures({ shown, side, places }: { shown: LensShown; side: LensSide; places: readonly number[] }) {
  const { lens, sequence, manifest, values } = side;
  const weights = new Float32Array(sequence.tokens.length).fill(NaN);
  const words = sequence.tokens.map(() => "");
  const placeOf = new Map(places.map((place) => [lens.positions[place], place]));
  for (const [position, place] of placeOf) {
    weights[position] = values[shown.layer * lens.positions.length + place];
    words[position] = formatToken(bestAt(lens, shown.layer, place).text);
  }
  return (
    <TokenPictures
      images={manifest.images}
      urlOf={(id) => imageUrl(manifest.run, id)}
      sequence={sequence}
      weights={weights}
      words={words}
      scale={shown.scale}
      table={lensTable(shown, "pictures")}
      smooth={false}
      subject="words that the output head reads"
      targets={manifest.target_boxes}
      chosen={[lens.positions[shown.place]]}
      closed={(position) => !placeOf.has(position)}
      tip={(position) => {
        const place = placeOf.get(position);
        return place === undefined ? "not read" : <Readings side={side} layer={shown.layer} place={place} />;
      }}
      onChoose={(position) => chooseTokens(lens.sequence, [position])}
    />
  );
}
