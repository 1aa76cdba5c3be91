import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { placeBeside, STOPS, type Area } from "../../lib/tour";
import { remember } from "../../memory";
import { tourStop } from "../../state";

const FOLLOW_MILLISECONDS = 120;

/** A note beside the part of the page that it explains. The page stays usable all the while. */
export function Tour() {
  const at = tourStop.value;
  return at === null ? null : <Note at={at} />;
}

export function endTour(): void {
  tourStop.value = null;
  remember("tour", "done");
}

function Note({ at }: { at: number }) {
  const note = useRef<HTMLDivElement>(null);
  const ring = useRef<HTMLDivElement>(null);
  const { title, text, targets } = STOPS[at];
  const last = at === STOPS.length - 1;
  const go = (distance: number) => {
    const next = at + distance;
    if (next >= STOPS.length) endTour();
    else tourStop.value = Math.max(0, next);
  };

  useLayoutEffect(() => {
    const place = () => {
      const target = targets.map((selector) => document.querySelector(selector)).find((found) => found !== null);
      const area = target ? areaOf(target) : { left: innerWidth / 2, top: innerHeight, width: 0, height: 0 };
      const { offsetWidth, offsetHeight } = note.current!;
      const page = { width: innerWidth, height: innerHeight };
      const { left, top } = placeBeside(area, { width: offsetWidth, height: offsetHeight }, page);
      Object.assign(note.current!.style, { left: `${left}px`, top: `${top}px` });
      const [edge, pixels] = [3, (length: number) => `${length}px`];
      Object.assign(ring.current!.style, {
        left: pixels(area.left - edge),
        top: pixels(area.top - edge),
        width: pixels(area.width + 2 * edge),
        height: pixels(area.height + 2 * edge),
      });
    };
    place();
    // Targets move, and are replaced, as data arrive.
    const timer = setInterval(place, FOLLOW_MILLISECONDS);
    return () => clearInterval(timer);
  }, [at]);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !event.defaultPrevented) endTour();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);

  return (
    <>
      <div class="tour-ring" ref={ring} aria-hidden="true" />
      <div
        class="tour"
        ref={note}
        role="dialog"
        aria-label={`Tour: ${title}`}
        data-testid="tour"
        onKeyDown={(event) => {
          const distance = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (distance === undefined) return;
          event.preventDefault();
          event.stopPropagation();
          go(distance);
        }}
      >
        <div aria-live="polite">
          <h2>{title}</h2>
          <p>{text}</p>
        </div>
        <div class="tour-end">
          <span class="muted" aria-label={`${at + 1} of ${STOPS.length}`}>
            {at + 1} / {STOPS.length}
          </span>
          <button type="button" class="quiet" onClick={endTour}>
            {last ? "close" : "skip"}
          </button>
          <button type="button" class="button" disabled={at === 0} onClick={() => go(-1)}>
            Back
          </button>
          <button type="button" class="button primary" onClick={() => go(1)}>
            {last ? "Done" : "Next"}
          </button>
        </div>
      </div>
    </>
  );
}

/** Where the element is, as far as it is on the page. */
function areaOf(element: Element): Area {
  const { left, top, right, bottom } = element.getBoundingClientRect();
  const [x, y] = [Math.max(0, left), Math.max(0, top)];
  return { left: x, top: y, width: Math.min(innerWidth, right) - x, height: Math.min(innerHeight, bottom) - y };
}
