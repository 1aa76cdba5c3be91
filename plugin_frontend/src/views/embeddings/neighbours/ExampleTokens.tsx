import { chooseTokens } from "../../../actions";
import { imageUrl } from "../../../api";
import { placeOf } from "../../../catalogue";
import { manifestOf } from "../../../data";
import { TokenPictures } from "../../../elements/TokenPictures";
import { TokenText } from "../../../elements/TokenText";
import { viridis } from "../../../lib/colour";
import { formatPlace } from "../../../lib/format";
import { sequentialScale } from "../../../lib/scale";
import { askedToken } from "../../../neighbourhoods";
import type { TokenSequence } from "../../../schema";
import { visibleSides } from "../../../state";

const NO_WEIGHTS = sequentialScale([], true);

/** The example's image and words, to choose the token whose neighbours are shown. */
export function ExampleTokens() {
  const side = visibleSides.value[0];
  const [manifest, place] = [manifestOf[side].value.value, placeOf[side].value];
  if (!manifest || !place) return null;
  const logged = manifest.sequences.filter(({ name }) => manifest.hidden_states.some(({ sequence }) => sequence === name));
  const placed = logged.find(({ boxes }) => boxes.some(Boolean)) ?? null;
  return (
    <div class="example-tokens" data-testid="example-tokens">
      {placed && manifest.images.length > 0 && (
        <TokenPictures
          images={manifest.images}
          urlOf={(id) => imageUrl(place.run, id)}
          sequence={placed}
          weights={null}
          scale={NO_WEIGHTS}
          table={viridis}
          smooth={false}
          subject="choice"
          small
          chosen={chosenIn(placed)}
          tip={(token) => formatPlace(placed.tokens[token])}
          onChoose={(token) => chooseTokens(placed.name, [token])}
        />
      )}
      <div>
        {logged.map((sequence) => {
          const words = sequence.tokens.flatMap((text, index) =>
            sequence.boxes[index] || sequence.modality[index] === "padding"
              ? []
              : [{ index, text, modality: sequence.modality[index], weight: null }],
          );
          return (
            words.length > 0 && (
              <TokenText
                key={sequence.name}
                label={`Words of ${sequence.name}`}
                tokens={words}
                scale={NO_WEIGHTS}
                table={viridis}
                chosen={chosenIn(sequence)}
                choosable={null}
                onChoose={(index) => chooseTokens(sequence.name, [index])}
              />
            )
          );
        })}
      </div>
    </div>
  );
}

function chosenIn({ name }: TokenSequence): number[] {
  const asked = askedToken.value;
  return asked?.sequence.name === name ? [asked.token] : [];
}
