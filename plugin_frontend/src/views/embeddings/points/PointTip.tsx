import { useEffect, useState } from "preact/hooks";
import { imageUrl, manifest as manifestQuery, type Place } from "../../../api";
import { ImageHeat } from "../../../elements/ImageHeat";
import { findSequence } from "../../../lib/blocks";
import { formatToken } from "../../../lib/format";
import { load, peek } from "../../../loading";
import type { Manifest, Modality } from "../../../schema";

interface Props {
  place: Place;
  sequence: string;
  token: number;
  modality: Modality;
}

/** Which token a point is: the word in its sentence, or the patch on its image. */
export function PointTip({ place, sequence: name, token, modality }: Props) {
  const manifest = useManifest(place);
  if (token < 0) {
    return (
      <div class="point-tip">
        <p>
          <i class={`dot ${modality}`} /> mean of the {modality} tokens
        </p>
        <p class="muted">{manifest?.text || place.tag}</p>
      </div>
    );
  }
  const sequence = manifest && findSequence(manifest, name);
  if (!manifest || !sequence) return <span class="muted">{place.tag}</span>;
  const box = sequence.boxes[token];
  const picture = manifest.images[sequence.image_index[token]];
  return (
    <div class="point-tip">
      {box && picture ? (
        <ImageHeat
          url={imageUrl(place.run, picture.id)}
          width={picture.width}
          height={picture.height}
          label="Where the patch lies"
          boxes={[]}
          heat={null}
          chosen={[box]}
        />
      ) : (
        <p class="point-word">
          <i class={`dot ${sequence.modality[token]}`} /> <b>{formatToken(sequence.tokens[token])}</b>
        </p>
      )}
      <p class="muted">
        {manifest.text || place.tag} · {sequence.modality[token]} token {token}
      </p>
    </div>
  );
}

function useManifest(place: Place): Manifest | null {
  const query = manifestQuery(place);
  const [answer, setAnswer] = useState<Manifest | null>(peek(query) ?? null);
  useEffect(() => {
    const controller = new AbortController();
    // A moment's rest first: the pointer passes over many points on its way.
    const timer = setTimeout(() => {
      load(query, controller.signal).then(setAnswer, () => undefined);
    }, answer ? 0 : 60);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [query.key]);
  return answer;
}
