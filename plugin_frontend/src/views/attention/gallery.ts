/** The chosen tokens' attention in every head of a layer, or in every layer, on one scale. */

import { computed } from "@preact/signals";
import { perSide } from "../../catalogue";
import { galleryOf, statisticsOf } from "../../data";
import type { ShownPart } from "../../frames";
import type { GalleryOver } from "../../lib/selection";
import { selection, visibleSides } from "../../state";
import { headValues } from "../heads/statistics";
import { shownFrames, type AttentionShown } from "./shown";

export interface GalleryItem {
  /** Number of the head or layer. */
  item: number;
  shown: AttentionShown;
  /** What the items are ordered by; NaN where it is not defined, or they stand by number. */
  value: number;
}

export interface GalleryShown {
  over: GalleryOver;
  part: ShownPart;
  items: GalleryItem[];
  /** The items tell of images; else of words. */
  onImages: boolean;
  /** Whether there is a target box to order by. */
  hasTarget: boolean;
  hasImage: boolean;
}

export const galleryShown = computed<GalleryShown | null>(() => {
  const { galleryOrder, mode } = selection.value;
  const sides = visibleSides.value;
  const frames = perSide((side) => galleryOf[side].value.value);
  const front = frames[sides[0]];
  const part = front?.frames[0]?.plan?.parts[0];
  if (!front || !part) return null;
  const shown = shownFrames(
    front.items.map((item, index) =>
      perSide((side) => {
        const other = frames[side];
        // While the other side still shows a gallery of layers, its items are other ones.
        if (other?.over !== front.over) return null;
        return other.frames[side === sides[0] ? index : other.items.indexOf(item)] ?? null;
      }),
    ),
  );
  const valueOf = (index: number): number => {
    const of = sides.map((side) => {
      const gallery = frames[side];
      const place = gallery?.items.indexOf(front.items[index]) ?? -1;
      if (!gallery || place < 0) return NaN;
      if (galleryOrder === "image") return gallery.imageMass[place];
      if (galleryOrder === "target") return gallery.targetMass[place];
      return galleryOrder === "statistic" ? statisticAt(side, part, front.over, front.items[index]) : NaN;
    });
    return mode === "difference" ? of[1] - of[0] : of[0];
  };
  const items = front.items.map((item, index) => ({ item, shown: shown[index], value: valueOf(index) }));
  if (galleryOrder !== "number") {
    const size = ({ value }: GalleryItem) => (Number.isNaN(value) ? -Infinity : Math.abs(value));
    items.sort((first, second) => size(second) - size(first) || first.item - second.item);
  }
  const images = shown[0]?.sides[0]?.readings;
  return {
    over: front.over,
    part,
    items,
    onImages: !!images && images.manifest.images.length > 0 && !!images.image?.part?.chosen,
    hasImage: front.imageMass.some((mass) => !Number.isNaN(mass)),
    hasTarget: front.targetMass.some((mass) => !Number.isNaN(mass)),
  };
});

/** The chosen statistic of a head: of the item in its layer, or of the chosen head in the item. */
function statisticAt(side: "a" | "b", part: ShownPart, over: GalleryOver, item: number): number {
  const frame = statisticsOf[side].value.value;
  const { statistic } = selection.value;
  const values = frame && statistic !== null ? headValues(frame, part.block.name, statistic) : null;
  if (!values) return NaN;
  const line = values.layers.indexOf(over === "heads" ? part.layers[0] : item);
  const head = over === "heads" ? item : part.heads === "mean" ? "mean" : part.heads[0];
  return head === "mean" ? values.layerMean[line] : values.values[line * values.heads + head];
}
