import { useMemo } from "preact/hooks";
import { chooseToken } from "../../actions";
import { imageUrl } from "../../api";
import { ImageHeat } from "../../elements/ImageHeat";
import { showTip } from "../../elements/Tooltip";
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
  const { smooth } = selection.value;
  const { plan } = side.frame;
  const { imageScale, imageTable } = shown;
  const chosenBox =
    plan && image && plan.sequence === image.sequence.name ? image.sequence.boxes[plan.token] : null;

  return (
    <div class={`pictures ${small ? "small" : ""}`} style={{ "--images": manifest.images.length }}>
      {manifest.images.map((picture, index) => {
        const here = (token: number) => image?.sequence.image_index[token] === index;
        return (
          <Picture
            key={index}
            index={index}
            side={side}
            scale={imageScale}
            table={imageTable}
            smooth={smooth}
            asDifference={shown.asDifference}
            picture={picture}
            fixed={fixed ?? false}
            chosen={plan && chosenBox && here(plan.token) ? chosenBox : null}
          />
        );
      })}
      {manifest.images.length === 0 && <p class="muted">No image was logged with this example.</p>}
    </div>
  );
}

interface PictureProps extends Pick<AttentionShown, "asDifference"> {
  index: number;
  side: SideShown;
  scale: AttentionShown["imageScale"];
  table: AttentionShown["imageTable"];
  smooth: boolean;
  fixed: boolean;
  picture: { id: string; width: number; height: number };
  chosen: readonly [number, number, number, number] | null;
}

function Picture({ index, side, scale, table, smooth, asDifference, picture, fixed, chosen }: PictureProps) {
  const { manifest, image } = side.readings;
  const boxes = useMemo(
    () => image?.sequence.boxes.map((box, token) => (image.sequence.image_index[token] === index ? box : null)) ?? [],
    [image?.sequence, index],
  );
  const weights = image?.weights ?? null;
  const heat = useMemo(
    () => (weights ? { boxes, weights, scale, table, smooth } : null),
    [boxes, weights, scale.low, scale.high, table, smooth],
  );
  return (
    <ImageHeat
      url={imageUrl(side.run, picture.id)}
      width={picture.width}
      height={picture.height}
      label={`Image ${index + 1} with the attention on its ${boxes.filter(Boolean).length} tokens`}
      boxes={boxes}
      heat={heat}
      chosen={chosen}
      targets={index === 0 ? manifest.target_boxes : undefined}
      onHover={(token, event) =>
        showTip(
          event,
          <>
            {weights && <b>{formatWeight(weights[token], asDifference)}</b>} {formatPlace(image!.sequence.tokens[token])}
          </>,
        )
      }
      onChoose={image && !fixed ? (token) => chooseToken(image.sequence.name, token) : undefined}
    />
  );
}
