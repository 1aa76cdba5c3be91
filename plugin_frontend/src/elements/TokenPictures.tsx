/** An example's images with heat on the tokens of one sequence. */

import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import type { Gesture } from "../lib/choice";
import type { ColourTable } from "../lib/colour";
import type { Scale } from "../lib/scale";
import type { Box, ImageReference, TokenSequence } from "../schema";
import { ImageHeat } from "./ImageHeat";
import { PatchWords } from "./PatchWords";

interface Props {
  images: readonly ImageReference[];
  urlOf(id: string): string;
  sequence: TokenSequence | null;
  /** One per token of the sequence; no heat without. */
  weights: Float32Array | null;
  scale: Scale;
  table: ColourTable;
  smooth: boolean;
  /** What lies on the tokens, as it is spoken. */
  subject: string;
  chosen?: readonly number[];
  /** The sequence of the chosen tokens, where that is another one (boxes that a detector predicted, say). */
  chosenOf?: TokenSequence;
  /** Boxes on the first image known to hold the evidence. */
  targets?: readonly Box[];
  /** Tokens that were taken away. */
  removed?: readonly number[];
  /** Written on the tokens, where there is room. */
  words?: readonly string[];
  small?: boolean;
  closed?(token: number): boolean;
  tip?(token: number): ComponentChildren;
  onChoose?(token: number, gesture: Gesture): void;
  onRegion?(tokens: number[], add: boolean): void;
}

export function TokenPictures({ images, small, ...props }: Props) {
  return (
    <div class={`pictures ${small ? "small" : ""}`} style={{ "--images": images.length }}>
      {images.map((image, index) => (
        <Picture key={index} image={image} index={index} {...props} />
      ))}
      {images.length === 0 && <p class="muted">No image was logged with this example.</p>}
    </div>
  );
}

type PictureProps = Omit<Props, "images" | "small"> & { image: ImageReference; index: number };

function Picture({ image, index, sequence, weights, scale, table, smooth, ...props }: PictureProps) {
  const { chosen, removed, chosenOf } = props;
  const boxes = useMemo(
    () => sequence?.boxes.map((box, token) => (sequence.image_index[token] === index ? box : null)) ?? [],
    [sequence, index],
  );
  const heat = useMemo(
    () => (weights ? { boxes, weights, scale, table, smooth } : null),
    [boxes, weights, scale.low, scale.high, scale.scaling, scale.sizes, table, smooth],
  );
  const chosenBoxes = useMemo(
    () =>
      chosenOf
        ? (chosen ?? [])
            .map((token) => (chosenOf.image_index[token] === index ? chosenOf.boxes[token] : null))
            .filter((box) => box !== null)
        : boxesOf(chosen),
    [boxes, chosen, chosenOf],
  );
  const tokens = useMemo(() => boxes.filter(Boolean).length, [boxes]);
  return (
    <ImageHeat
      url={props.urlOf(image.id)}
      width={image.width}
      height={image.height}
      label={`Image ${index + 1} with the ${props.subject} on its ${tokens} tokens`}
      boxes={boxes}
      heat={heat}
      chosen={chosenBoxes}
      targets={index === 0 ? props.targets : undefined}
      removed={removed && boxesOf(removed)}
      over={props.words && <PatchWords boxes={boxes} words={props.words} />}
      closed={props.closed}
      tip={props.tip}
      onChoose={props.onChoose}
      onRegion={props.onRegion}
    />
  );

  function boxesOf(tokensOf: readonly number[] = []): Box[] {
    return tokensOf.map((token) => boxes[token]).filter((box) => !!box);
  }
}
