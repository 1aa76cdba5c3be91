import { Segmented } from "../../elements/Segmented";
import { Select } from "../../elements/Select";
import {
  BESIDES,
  GALLERY_ORDERS,
  type Beside,
  type GalleryOrder,
  type GalleryOver,
} from "../../lib/selection";
import { select, selection, wholeWords } from "../../state";
import { galleryShown } from "./gallery";
import { ScalingSelect } from "./ScalingSelect";

const BESIDE_TITLES: Record<Beside, string> = { sides: "A | B", heads: "heads", samples: "next examples" };

/** How weights are painted, what stands side by side, and what a click on a word means. */
export function AttentionControls() {
  const { smooth, maskSinks, beside, layout, role } = selection.value;
  return (
    <div class="attention-controls" data-testid="attention-controls">
      <Segmented
        name="Patches"
        value={smooth ? "smooth" : "raw"}
        choices={[
          { value: "raw", label: "raw", title: "One colour per patch (M)" },
          { value: "smooth", label: "smooth", title: "Bilinear between the patches' centres (M)" },
        ]}
        onChoose={(value) => select({ smooth: value === "smooth" })}
      />
      <ScalingSelect />
      {layout === "picture" && (
        <>
          <Switch
            label="mask sinks"
            title="Leave out tokens that take attention in whatever token looks: the first, and those that receive more than 10 times the uniform weight"
            disabled={role === "key" ? "Sinks are looked at: choose “looks at”." : null}
            on={maskSinks && role === "query"}
            onToggle={(on) => select({ maskSinks: on })}
          />
          <Switch
            label="whole words"
            title="A click on a piece of a word chooses the whole word; so does a double click"
            on={wholeWords.value}
            onToggle={(on) => (wholeWords.value = on)}
          />
          <Select
            label="Beside"
            labelled
            options={BESIDES.map((value) => ({ value, label: BESIDE_TITLES[value] }))}
            value={beside}
            onChoose={(value) => select({ beside: value as Beside })}
          />
        </>
      )}
      {layout === "gallery" && <GalleryControls />}
    </div>
  );
}

function GalleryControls() {
  const { over, galleryOrder } = selection.value;
  const gallery = galleryShown.value;
  const titles: Record<GalleryOrder, string> = {
    number: "number",
    statistic: "the statistic",
    image: "weight on image",
    target: "weight on target",
  };
  const offered = GALLERY_ORDERS.filter(
    (order) =>
      order === galleryOrder || (order === "image" ? gallery?.hasImage : order === "target" ? gallery?.hasTarget : true),
  );
  return (
    <>
      <Segmented<GalleryOver>
        name="Gallery of"
        value={over}
        choices={[
          { value: "heads", label: "all heads", title: "Every head of the layer" },
          { value: "layers", label: "all layers", title: "The head in every layer" },
        ]}
        onChoose={(value) => select({ over: value })}
      />
      <Select
        label="Ordered by"
        labelled
        options={offered.map((value) => ({ value, label: titles[value] }))}
        value={galleryOrder}
        onChoose={(value) => select({ galleryOrder: value as GalleryOrder })}
      />
    </>
  );
}

interface SwitchProps {
  label: string;
  title: string;
  on: boolean;
  /** Why it can't be switched, or null. */
  disabled?: string | null;
  onToggle(on: boolean): void;
}

function Switch({ label, title, on, disabled, onToggle }: SwitchProps) {
  return (
    <button
      type="button"
      class="toggle"
      role="switch"
      aria-checked={on}
      aria-pressed={undefined}
      aria-disabled={disabled ? "true" : undefined}
      title={disabled ?? title}
      onClick={() => disabled || onToggle(!on)}
    >
      {label}
    </button>
  );
}
