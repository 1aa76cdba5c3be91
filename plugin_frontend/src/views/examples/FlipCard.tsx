import { useAnswer } from "../../answer";
import { imageUrl, type Place } from "../../api";
import { perSide, runOf, stepOf } from "../../catalogue";
import { overlayTable } from "../../comparison";
import { outcomeClass } from "../../elements/StepSlider";
import { TokenPictures } from "../../elements/TokenPictures";
import { relevancyFrame, type RelevancyFrame } from "../../frames";
import { formatNumber } from "../../lib/format";
import { findMap, methodsOf, sharesOf } from "../../lib/maps";
import { hasBoxes } from "../../lib/readings";
import { sequentialScale } from "../../lib/scale";
import type { Side } from "../../lib/selection";
import type { Flip } from "../../schema";

interface Props {
  id: string;
  place: number;
  of: number;
  flip: Flip;
  /** The largest change of all. */
  most: number;
  chosen: boolean;
  onChoose(): void;
}

/** An example that flipped: where the model looked at A and at B, and what it said. */
export function FlipCard({ flip, most, ...props }: Props) {
  return (
    <div
      id={props.id}
      class="flip"
      role="option"
      aria-selected={props.chosen}
      aria-posinset={props.place + 1}
      aria-setsize={props.of}
      data-tag={flip.tag}
      title={`${flip.tag}\n${flip.text}`}
      onClick={props.onChoose}
    >
      <FlipMaps tag={flip.tag} />
      <div class="flip-words">
        <p class="flip-text">{flip.text || flip.tag}</p>
        <p class="flip-answers">
          <Answer side="a" prediction={flip.prediction} correct={flip.correct} />
          <Answer side="b" prediction={flip.other_prediction} correct={flip.other_correct} />
        </p>
        <p class="flip-change" data-value={flip.change ?? ""}>
          <span class={`flip-bar ${flip.change === null ? "hatched" : ""}`} aria-hidden="true">
            <i style={{ width: `${(100 * (flip.change ?? 0)) / (most || 1)}%` }} />
          </span>
          {flip.change === null ? "no maps to compare" : `moved by ${formatNumber(flip.change)}`}
        </p>
      </div>
    </div>
  );
}

function Answer({ side, prediction, correct }: { side: Side; prediction: string | null; correct: boolean | null }) {
  const sign = correct === null ? "" : correct ? "✓" : "✗";
  return (
    <span class={`verdict ${outcomeClass(correct)}`}>
      <span class={`chip ${side}`}>{side.toUpperCase()}</span>
      {sign && <i aria-label={correct ? "correct" : "wrong"}>{sign}</i>}
      <b>{prediction ?? "–"}</b>
    </span>
  );
}

/** The relevancy maps of A and B on the first image, on one scale; the bare images where there are none. */
function FlipMaps({ tag }: { tag: string }) {
  const places = perSide((side): Place | null => {
    const [run, step] = [runOf[side].value, stepOf[side].value];
    return run === null || step === null ? null : { run, tag, step };
  });
  const a = useAnswer(places.a && relevancyFrame(places.a));
  const b = useAnswer(places.b && relevancyFrame(places.b));
  const method = a && b ? methodsOf(a.maps).find(({ name }) => b.maps.some((map) => map.method === name)) : undefined;
  const shown = [a, b].map((frame) => frame && mapOf(frame, method?.name));
  const scale = sequentialScale(shown.flatMap((map) => (map?.weights ? [map.weights] : [])), true);
  return (
    <div class="flip-maps">
      {shown.map((map, index) =>
        map ? (
          <TokenPictures
            key={index}
            images={map.manifest.images.slice(0, 1)}
            urlOf={(id) => imageUrl(map.manifest.run, id)}
            sequence={map.sequence}
            weights={map.weights}
            scale={scale}
            table={overlayTable(false)}
            smooth={false}
            subject={`${method?.title ?? "nothing"} at ${index === 0 ? "A" : "B"}`}
            targets={map.manifest.target_boxes}
            small
          />
        ) : (
          <span key={index} class="flip-blank" />
        ),
      )}
    </div>
  );
}

function mapOf({ manifest, maps }: RelevancyFrame, method: string | undefined) {
  const map = method === undefined ? null : findMap(maps, method, null);
  const shares = map && sharesOf(map.scores);
  const sequence = manifest.sequences.find((one) => hasBoxes(one) && (shares?.has(one.name) ?? true)) ?? null;
  return { manifest, sequence, weights: (sequence && shares?.get(sequence.name)) ?? null };
}
