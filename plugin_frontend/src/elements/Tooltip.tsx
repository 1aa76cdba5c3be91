/** One tooltip for the whole page: elements say what it shows and where. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { latestInFrame } from "./latest_in_frame";

interface Tip {
  x: number;
  y: number;
  content: ComponentChildren;
}

const tip = signal<Tip | null>(null);
const pending = latestInFrame();

export function showTip({ clientX, clientY }: { clientX: number; clientY: number }, content: ComponentChildren): void {
  pending.ask(() => (tip.value = { x: clientX, y: clientY, content }));
}

/** Show beside an element, for who moves by keyboard. */
export function showTipAt(element: Element, content: ComponentChildren): void {
  pending.ask(() => {
    const { right, bottom } = element.getBoundingClientRect();
    tip.value = { x: right - 8, y: bottom - 8, content };
  });
}

export function hideTip(): void {
  pending.drop();
  tip.value = null;
}

/** Room that a tip may take, in pixels: it is not measured, for that would lay out the page at every move. */
const MOST_WIDTH = 400;
const MOST_HEIGHT = 200;

export function Tooltip() {
  const shown = tip.value;
  if (!shown) return null;
  const { x, y, content } = shown;
  // A share of a translation is one of the tip's own size.
  const left = x + MOST_WIDTH > innerWidth ? `max(4px, ${x - 10}px - 100%)` : `${x + 14}px`;
  const top = y + MOST_HEIGHT > innerHeight ? `max(4px, ${y - 10}px - 100%)` : `${y + 16}px`;
  return (
    <div class="tooltip" role="tooltip" data-testid="tooltip" style={{ transform: `translate(${left}, ${top})` }}>
      {content}
    </div>
  );
}
