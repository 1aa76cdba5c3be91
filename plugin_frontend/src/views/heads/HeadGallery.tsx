import { chooseHead } from "../../actions";
import { galleryOf } from "../../data";
import { Legend } from "../../elements/Legend";
import { selection, visibleSides } from "../../state";
import { chosenTokenName } from "../attention/AttentionSide";
import { GalleryItems } from "../attention/GalleryItems";
import { galleryShown } from "../attention/gallery";

/** What the chosen tokens look at in each head of the layer. */
export function HeadGallery() {
  const { role } = selection.value;
  const sides = visibleSides.value;
  const gallery = galleryShown.value;
  const first = gallery?.items[0]?.shown;
  if (!gallery || !first || first.sides.length === 0) return null;
  const [front] = first.sides;
  const { part } = gallery;
  return (
    <section class="gallery" data-testid="gallery" aria-busy={sides.some((side) => galleryOf[side].loading.value)}>
      <header class="gallery-head">
        <h3>
          {role === "query" ? `What ${chosenTokenName(front)} ${(front.frame.plan?.tokens.length ?? 0) > 1 ? "look" : "looks"} at` : `What looks at ${chosenTokenName(front)}`}
          <span class="muted"> in every head of layer {part.layers[0]}</span>
        </h3>
        <Legend
          scale={gallery.onImages ? first.imageScale : first.wordScale}
          table={gallery.onImages ? first.imageTable : first.wordTable}
          title={first.asDifference ? "change of the weight" : "weight"}
          unit=""
        />
      </header>
      <GalleryItems gallery={gallery} onChoose={(head) => chooseHead(part.block.name, part.layers[0], head)} />
    </section>
  );
}
