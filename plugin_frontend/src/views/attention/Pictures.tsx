import { chooseToken } from "../../actions";
import { imageUrl } from "../../api";
import { TokenPictures } from "../../elements/TokenPictures";
import { formatPlace, formatWeight } from "../../lib/format";
import { selection } from "../../state";
import type { AttentionShown, SideShown } from "./shown";

interface Props {
  shown: AttentionShown;
  side: SideShown;
  small?: boolean;
  /** Patches can't be chosen here. */
  fixed?: boolean;
}

/** The example's images with the attention on their tokens. */
export function Pictures({ shown, side, small, fixed }: Props) {
  const { manifest, image } = side.readings;
  const { plan } = side.frame;
  const weights = image?.weights ?? null;
  return (
    <TokenPictures
      images={manifest.images}
      urlOf={(id) => imageUrl(side.run, id)}
      sequence={image?.sequence ?? null}
      weights={weights}
      scale={shown.imageScale}
      table={shown.imageTable}
      smooth={selection.value.smooth}
      subject="attention"
      chosen={plan && plan.sequence === image?.sequence.name ? plan.token : null}
      targets={manifest.target_boxes}
      small={small}
      tip={(token) => (
        <>
          {weights && <b>{formatWeight(weights[token], shown.asDifference)}</b>} {formatPlace(image!.sequence.tokens[token])}
        </>
      )}
      onChoose={image && !fixed ? (token) => chooseToken(image.sequence.name, token) : undefined}
    />
  );
}
