/** Pieces of the images in place of the points of their patches. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { imageUrl, manifest as manifestQuery } from "../../../api";
import { findSequence } from "../../../lib/blocks";
import { groupsOf } from "../../../lib/point_trails";
import { groupOf, sequenceOf, tagOf } from "../../../lib/points";
import { POINT, type PointPicture } from "../../../lib/scatter";
import { load } from "../../../loading";
import type { Manifest, Projection } from "../../../schema";

/** More would hide each other; the plot shows none beyond. */
export const MOST_PICTURES = 500;

const NONE: readonly PointPicture[] = [];

/** The patches to show: all that are shown, of too many those that stand out; null where these are too many as well. */
export function patchesOf(projection: Projection, states: Uint8Array): number[] | null {
  const image = projection.modalities.indexOf("image");
  const found: number[] = [];
  const strong: number[] = [];
  for (let point = 0; point < states.length; point++) {
    if (projection.modality[point] !== image || states[point] === POINT.HIDDEN || projection.token[point] < 0) continue;
    if (found.length <= MOST_PICTURES) found.push(point);
    if (states[point] === POINT.EMPHASISED && strong.length <= MOST_PICTURES) strong.push(point);
  }
  if (found.length <= MOST_PICTURES) return found;
  return strong.length <= MOST_PICTURES ? strong : null;
}

/** The pictures as they come in; the same list until there are more. */
export function useThumbnails(projection: Projection, states: Uint8Array, run: string | null, step: number | null, wanted: boolean): readonly PointPicture[] {
  const patches = useMemo(() => (wanted ? (patchesOf(projection, states) ?? []) : []), [projection, states, wanted]);
  const [pictures, setPictures] = useState(NONE);
  useEffect(() => {
    if (patches.length === 0 || run === null || step === null) return setPictures(NONE);
    const controller = new AbortController();
    const groups = groupsOf(projection, patches);
    const places = groups.map((group) => ({ run, tag: tagOf(projection, group), step }));
    Promise.all(places.map((place) => load(manifestQuery(place), controller.signal)))
      .then(async (manifests) => {
        const byGroup = new Map(groups.map((group, index) => [group, manifests[index]]));
        const images = await loadedImages(run, manifests);
        if (!controller.signal.aborted) setPictures(patches.flatMap((point) => pictureOf(projection, point, byGroup, images)));
      })
      .catch(() => undefined);
    return () => controller.abort();
  }, [patches, run, step]);
  return pictures;
}

function pictureOf(
  projection: Projection,
  point: number,
  manifests: ReadonlyMap<number, Manifest>,
  images: ReadonlyMap<string, HTMLImageElement>,
): PointPicture[] {
  const group = groupOf(projection, point);
  const manifest = manifests.get(group);
  const sequence = manifest && findSequence(manifest, sequenceOf(projection, group));
  const token = projection.token[point];
  const box = sequence?.boxes[token];
  const picture = sequence && images.get(manifest?.images[sequence.image_index[token]]?.id ?? "");
  if (!box || !picture) return [];
  const [width, height] = [picture.naturalWidth, picture.naturalHeight];
  const [left, top] = [box[0] * width, box[1] * height];
  return [{ point, picture, box: [left, top, Math.max(1, box[2] * width - left), Math.max(1, box[3] * height - top)] }];
}

async function loadedImages(run: string, manifests: readonly Manifest[]): Promise<Map<string, HTMLImageElement>> {
  const wanted = [...new Set(manifests.flatMap(({ images }) => images.map(({ id }) => id)))];
  const loaded = await Promise.all(
    wanted.map(async (id) => {
      const image = new Image();
      image.src = imageUrl(run, id);
      await image.decode().catch(() => undefined);
      return [id, image] as const;
    }),
  );
  return new Map(loaded.filter(([, image]) => image.naturalWidth > 0));
}
