import { imageUrl } from "../../api";
import { pointAt, pointAtRegion } from "../../attention_actions";
import { TokenPictures } from "../../elements/TokenPictures";
import { formatPlace, formatWeight } from "../../lib/format";
import { selection } from "../../state";
import { choosable, closedReason } from "./choosable";
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
  const { smooth, role } = selection.value;
  const weights = image?.weights ?? null;
  const sequence = image?.sequence.name ?? "";
  const open = image && choosable(manifest, sequence, role);
  return (
    <TokenPictures
      images={manifest.images}
      urlOf={(id) => imageUrl(side.run, id)}
      sequence={image?.sequence ?? null}
      weights={side.imageWeights}
      scale={shown.imageScale}
      table={shown.imageTable}
      smooth={smooth}
      subject="attention"
      chosen={plan && plan.sequence === sequence ? plan.tokens : undefined}
      targets={manifest.target_boxes}
      small={small}
      closed={open && !fixed ? (token) => !open.has(token) : undefined}
      tip={(token) => (
        <>
          {weights && <b>{formatWeight(weights[token], shown.asDifference)}</b>} {formatPlace(image!.sequence.tokens[token])}
          {image!.masked?.has(token) && <span class="muted"> · sink, masked</span>}
          {open && !fixed && !open.has(token) && <div class="muted">{closedReason(role)}</div>}
        </>
      )}
      onChoose={image && !fixed ? (token, gesture) => pointAt(sequence, token, gesture) : undefined}
      onRegion={
        image && !fixed
          ? (tokens, add) => pointAtRegion(sequence, open ? tokens.filter((token) => open.has(token)) : tokens, add)
          : undefined
      }
    />
  );
}
