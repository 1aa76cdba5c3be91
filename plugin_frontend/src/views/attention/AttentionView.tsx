import { chooseHead, chooseRole } from "../../actions";
import { attentionOf, galleryOf } from "../../data";
import { Legend } from "../../elements/Legend";
import { Notice, Panel } from "../../elements/Panel";
import { Segmented } from "../../elements/Segmented";
import { formatNumber } from "../../lib/format";
import { exceeds } from "../../lib/readings";
import { selection, visibleSides } from "../../state";
import { AttentionSide, chosenTokenName, looks } from "./AttentionSide";
import { AttentionControls } from "./AttentionControls";
import { besideError, besideLoading } from "./beside";
import { GalleryItems } from "./GalleryItems";
import { galleryShown } from "./gallery";
import { HeadNavigator } from "./HeadNavigator";
import { LayoutPicker } from "./LayoutPicker";
import { MatrixView } from "./matrix/MatrixView";
import type { Reading } from "./readings";
import { shownAttention, shownBeside, type AttentionShown, type SideShown } from "./shown";

/** By how many heads or examples stand side by side. */
const COLUMNS: Record<number, number> = { 1: 1, 2: 2, 3: 3, 4: 2, 5: 3, 6: 3 };

export function AttentionView() {
  if (selection.value.layout === "matrix") {
    return (
      <div class="view attention-view" data-testid="view-attention">
        <MatrixView />
        <HeadNavigator />
      </div>
    );
  }
  return <AttentionOfTokens />;
}

/** What the chosen tokens look at, or what looks at them. */
function AttentionOfTokens() {
  const { role, layout, beside } = selection.value;
  const asGallery = layout === "gallery";
  const shown = asGallery ? shownAttention() : shownBeside.value;
  const progress = visibleSides.value.map((side) => (asGallery ? galleryOf[side] : attentionOf[side]));
  const failed = progress.find(({ error }) => error.value !== null) ?? (beside === "sides" ? undefined : besideError.value);
  const [front] = shownAttention().sides;
  const compact = shown.sides.some(({ caption }) => caption !== undefined);
  return (
    <div class="view attention-view" data-testid="view-attention">
      <Panel
        class="attention-main"
        testId="attention"
        loading={progress.some(({ loading }) => loading.value) || besideLoading.value}
        error={failed?.error.value}
        onRetry={failed?.retry}
        title={front && <Question side={front} role={role} asDifference={shown.asDifference} />}
        aside={
          <>
            <Segmented
              name="Direction"
              value={role}
              choices={[
                { value: "query", label: "looks at", title: "What the chosen tokens look at" },
                { value: "key", label: "looked at by", title: "What looks at the chosen tokens" },
              ]}
              onChoose={chooseRole}
            />
            <LayoutPicker />
          </>
        }
      >
        <AttentionControls />
        {shown.obstacle !== null && <Notice>{shown.obstacle}</Notice>}
        {asGallery ? (
          <Gallery />
        ) : (
          <div
            class={`attention-sides ${compact ? "compact" : ""}`}
            style={{ "--columns": COLUMNS[shown.sides.length] ?? 4 }}
          >
            {shown.sides.map((side) => (
              <AttentionSide key={`${side.side} ${side.caption}`} shown={shown} side={side} />
            ))}
          </div>
        )}
        {front && <Scales shown={asGallery ? (galleryShown.value?.items[0]?.shown ?? shown) : shown} />}
      </Panel>
      <HeadNavigator />
    </div>
  );
}

/** Every head of the layer, or every layer; a click opens one in full. */
function Gallery() {
  const gallery = galleryShown.value;
  const { layer, head } = selection.value;
  if (!gallery || gallery.items.length === 0) {
    const loading = visibleSides.value.some((side) => galleryOf[side].loading.value);
    return loading ? <div class="attention-gallery" /> : <Notice>Of these heads only the statistics were logged.</Notice>;
  }
  const { part, over } = gallery;
  return (
    <div class="attention-gallery" data-testid="attention-gallery">
      <GalleryItems
        gallery={gallery}
        onChoose={(item) =>
          over === "heads" ? chooseHead(part.block.name, layer ?? part.layers[0], item) : chooseHead(part.block.name, item, head ?? "mean")
        }
      />
    </div>
  );
}

function Question({ side, role, asDifference }: { side: SideShown; role: string; asDifference: boolean }) {
  const name = chosenTokenName(side);
  const change = asDifference ? "B − A: " : "";
  return role === "query" ? (
    <>
      {change}what <mark>{name}</mark> {looks(side)} at
    </>
  ) : (
    <>
      {change}what looks at <mark>{name}</mark>
    </>
  );
}

/** Tokens masked in a reading, told apart by their sequence. */
function maskedTokens(reading: Reading | null): string[] {
  return [...(reading?.masked ?? [])].map((token) => `${reading!.sequence.name} ${token}`);
}

function Scales({ shown }: { shown: AttentionShown }) {
  if (shown.sides.length === 0) return null;
  const [{ readings }] = shown.sides;
  const exceeded = shown.sides.some(({ readings: { words } }) => exceeds(words, shown.wordScale));
  const error = Math.max(
    ...shown.sides.flatMap(({ frame }) => frame.plan?.parts.map((part) => part.quantisationError) ?? [0]),
  );
  const sinks = Math.max(...shown.sides.map(({ readings: { image, words } }) => new Set([image, words].flatMap(maskedTokens)).size));
  const title = shown.asDifference ? "change of the weight" : "weight";
  return (
    <footer class="scales">
      {readings.image?.weights && (
        <Legend scale={shown.imageScale} table={shown.imageTable} title={`${title}, image`} unit="" />
      )}
      {readings.words?.weights && (
        <Legend
          scale={shown.wordScale}
          table={shown.wordTable}
          title={`${title}, words`}
          unit=""
          note={exceeded && shown.wordScale.scaling !== "rank" ? "some tokens exceed it" : undefined}
        />
      )}
      <div class="muted error-bound">
        {sinks > 0 && (
          <p data-testid="sinks-masked">
            <i class="swatch hatched" /> {sinks} {sinks === 1 ? "sink" : "sinks"} masked
          </p>
        )}
        {error > 0 && <p>Stored weights are exact within {formatNumber(error)}.</p>}
      </div>
    </footer>
  );
}
