import { useLayoutEffect, useRef } from "preact/hooks";
import { selection } from "../../state";
import type { GalleryShown } from "./gallery";
import { GalleryItem } from "./GalleryItem";

/** How far beyond what is seen things are drawn. */
const NEAR = "64px";

interface Props {
  gallery: GalleryShown;
  onChoose(item: number): void;
}

/** Small multiples: a picture or a strip of words per head (or layer), the chosen one marked. */
export function GalleryItems({ gallery, onChoose }: Props) {
  const { items, over, onImages } = gallery;
  const { head, layer, headSet, layerSet } = selection.value;
  const what = over === "heads" ? "head" : "layer";
  const chosen = over === "heads" ? (headSet.length > 0 ? headSet : [head]) : layerSet.length > 0 ? layerSet : [layer];
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => restUnseen(list.current!), [items.map(({ item }) => item).join()]);
  const [first] = items[0].shown.sides;
  const images = onImages ? first.readings.manifest.images.length : 1;
  return (
    <div
      ref={list}
      class={`gallery-heads ${onImages ? "" : "of-words"}`}
      style={{ "--pictures": items[0].shown.sides.length * images, "--count": items.length }}
    >
      {items.map(({ item, shown, value }) => (
        <GalleryItem
          key={item}
          name={`${what} ${item}`}
          item={item}
          chosen={chosen.includes(item)}
          shown={shown}
          value={value}
          onImages={onImages}
          onChoose={onChoose}
        />
      ))}
    </div>
  );
}

/**
 * Keep what is scrolled away from being drawn. Each picture is a layer to the browser, and every
 * frame would go through all of them; an item's size stays.
 */
function restUnseen(list: HTMLElement): () => void {
  const watcher = new IntersectionObserver(
    (changes) => {
      for (const { target, isIntersecting } of changes) target.toggleAttribute("data-unseen", !isIntersecting);
    },
    { rootMargin: NEAR, scrollMargin: NEAR } as IntersectionObserverInit,
  );
  for (const item of list.children) watcher.observe(item);
  return () => watcher.disconnect();
}
