import { chooseHead } from "../../actions";
import { perSide } from "../../catalogue";
import { galleryOf } from "../../data";
import { Legend } from "../../elements/Legend";
import { selection, visibleSides } from "../../state";
import { chosenTokenName } from "../attention/AttentionSide";
import { Pictures } from "../attention/Pictures";
import { shownFrames } from "../attention/shown";

/** What the chosen token looks at in each head of the layer. */
export function HeadGallery() {
  const { block, layer, head, role } = selection.value;
  const sides = visibleSides.value;
  const galleries = perSide((side) => galleryOf[side].value.value);
  const front = galleries[sides[0]];
  if (!front || block === null || layer === null) return null;
  const items = shownFrames(
    front.map((_, index) => perSide((side) => galleries[side]?.[index] ?? null)),
  );
  const [first] = items[0]?.sides ?? [];
  if (!first || first.readings.manifest.images.length === 0 || !first.readings.image?.part?.chosen) return null;
  const { part } = first.readings.image;
  const token = chosenTokenName(first);
  const pictures = items[0].sides.length * first.readings.manifest.images.length;
  return (
    <section class="gallery" data-testid="gallery" aria-busy={sides.some((side) => galleryOf[side].loading.value)}>
      <header class="gallery-head">
        <h3>
          {role === "query" ? `What ${token} looks at` : `What looks at ${token}`}
          <span class="muted"> in every head of layer {part.layer}</span>
        </h3>
        <Legend
          scale={items[0].imageScale}
          table={items[0].imageTable}
          title={items[0].asDifference ? "change of the weight" : "weight"}
          unit=""
        />
      </header>
      <div class="gallery-heads" style={{ "--pictures": pictures, "--count": items.length }}>
        {items.map((shown, index) => (
          <button
            key={index}
            type="button"
            class="gallery-item"
            aria-pressed={head === index}
            aria-label={`head ${index}`}
            onClick={() => chooseHead(part.block.name, part.layer, index)}
          >
            <div class="gallery-pictures">
              {shown.sides.map((side) => (
                <Pictures key={side.side} shown={shown} side={side} small fixed />
              ))}
            </div>
            <p>head {index}</p>
          </button>
        ))}
      </div>
    </section>
  );
}
