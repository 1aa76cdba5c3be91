import { chooseTokens } from "../../actions";
import { imageUrl } from "../../api";
import { Legend } from "../../elements/Legend";
import { SeriesMark } from "../../elements/SeriesLegend";
import { SizedBox } from "../../elements/SizedBox";
import { StrongestTokens } from "../../elements/StrongestTokens";
import { textSize } from "../../elements/text_size";
import { TokenPictures } from "../../elements/TokenPictures";
import { formatLabel, formatPlace, formatScore, formatToken } from "../../lib/format";
import { exceeds } from "../../lib/readings";
import { seriesFor } from "../../relevancy";
import { selection } from "../../state";
import { cardShown, cardToken } from "../../token_card";
import { MapWords } from "./MapWords";
import { tableOf, type MethodShown, type SideShown } from "./shown";

interface Props {
  shown: MethodShown;
  asDifference: boolean;
  /** The only method on one side: there is room for its numbers. */
  alone: boolean;
}

/** From this width on, in rem, there is room for the words beside the pictures. */
const WIDE = 34;

/** One method's maps, side by side, on one scale. */
export function MethodMaps({ shown, asDifference, alone }: Props) {
  const { method, sides, pictureScale, wordScale } = shown;
  const images = Math.max(...sides.map(({ manifest }) => manifest.images.length), 1);
  const title = asDifference ? "change of the share" : "relevancy";
  const note = asDifference ? "each map divided by its sum" : undefined;
  const beyond = sides.some(({ words }) => words.some((reading) => exceeds(reading, wordScale)));
  const anyMap = sides.some(({ missing }) => missing === null);
  const wordNote = [note, beyond && "special tokens exceed it"].filter(Boolean).join("; ");
  return (
    <section
      class="method-maps"
      data-testid={`maps-${method.name}`}
      data-alone={alone}
      style={{ "--sides": sides.length, "--pictures": images * sides.length }}
    >
      <h3 title={method.description}>
        <SeriesMark series={seriesFor(method.name)} /> {method.title}
        {alone && <span class="muted method-description">{method.description}</span>}
      </h3>
      <div class="method-sides">
        {sides.map((side) => (
          <MapSide key={side.side} shown={shown} side={side} asDifference={asDifference} alone={alone} />
        ))}
      </div>
      <footer class="method-scales">
        {anyMap && sides.some(({ pictures }) => pictures.length > 0) && (
          <Legend
            scale={pictureScale}
            table={tableOf(pictureScale, "pictures")}
            title={`${title}, image`}
            unit=""
            note={note}
            narrow={!alone || asDifference}
          />
        )}
        {anyMap && sides.some(({ words }) => words.length > 0) && (
          <Legend
            scale={wordScale}
            table={tableOf(wordScale, "words")}
            title={`${title}, words`}
            unit=""
            note={wordNote || undefined}
            narrow={!alone || asDifference}
          />
        )}
      </footer>
    </section>
  );
}

function MapSide({ shown, side, asDifference, alone }: Props & { side: SideShown }) {
  const { pictures, words, manifest, missing } = side;
  const { pictureScale, wordScale } = shown;
  const card = cardShown.value ? cardToken.value : null;
  return (
    <SizedBox
      class="map-side"
      data-testid={`map-${shown.method.name}-${side.side}`}
      style={{ "--images": manifest.images.length }}
      isWide={({ width }) => width >= WIDE * textSize()}
    >
      <Explains side={side} compared={shown.sides.length > 1} />
      {missing !== null && <p class="map-missing muted">{missing}</p>}
      {missing === null && (
        <div class="map-flow">
          {pictures.map(({ sequence, weights }) => (
            <div class="map-pictures" key={sequence.name}>
              {pictures.length > 1 && <p class="muted">{sequence.name}</p>}
              <TokenPictures
                images={manifest.images}
                urlOf={(id) => imageUrl(manifest.run, id)}
                sequence={sequence}
                weights={weights}
                scale={pictureScale}
                table={tableOf(pictureScale, "pictures")}
                smooth={selection.value.smooth}
                subject="relevancy"
                targets={manifest.target_boxes}
                chosen={card?.sequence.name === sequence.name ? [card.token] : []}
                onChoose={card ? (token) => chooseTokens(sequence.name, [token]) : undefined}
                tip={(token) => (
                  <>
                    <b>{formatScore(weights![token], asDifference)}</b> {formatPlace(sequence.tokens[token])}
                  </>
                )}
              />
            </div>
          ))}
          <div class="map-text">
            {words.map((reading) => (
              <MapWords
                key={reading.sequence.name}
                reading={reading}
                named={words.length > 1}
                label={formatLabel(
                  `Words of ${reading.sequence.name}`,
                  shown.method.title,
                  shown.sides.length > 1 && side.side.toUpperCase(),
                )}
                scale={wordScale}
                explains={side.explains}
                signed={asDifference}
              />
            ))}
            {alone && (
              <StrongestTokens
                title={asDifference ? "Largest changes" : "Most relevant"}
                readings={[...pictures, ...words]}
                signed={asDifference}
              />
            )}
          </div>
        </div>
      )}
    </SizedBox>
  );
}

/** Which side it is, and what the map explains there. */
function Explains({ side, compared }: { side: SideShown; compared: boolean }) {
  const targets = [...new Set(side.explains.map(({ target }) => target))].filter((target) => target !== "");
  if (!compared && targets.length < 2) return null;
  return (
    <p class="map-explains">
      {compared && <span class={`chip ${side.side}`}>{side.side.toUpperCase()}</span>}
      {targets.length === 1 && <span>for “{formatToken(targets[0])}”</span>}
      {targets.length > 1 && (
        <span class="warning">
          A explains “{formatToken(targets[0])}”, B “{formatToken(targets[1])}”
        </span>
      )}
    </p>
  );
}
