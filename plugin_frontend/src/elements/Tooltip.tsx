/** One tooltip for the whole page: elements say what it shows and where. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface Tip {
  x: number;
  y: number;
  content: ComponentChildren;
}

const tip = signal<Tip | null>(null);

export function showTip(event: { clientX: number; clientY: number }, content: ComponentChildren): void {
  tip.value = { x: event.clientX, y: event.clientY, content };
}

/** Show beside an element, for who moves by keyboard. */
export function showTipAt(element: Element, content: ComponentChildren): void {
  const { right, bottom } = element.getBoundingClientRect();
  tip.value = { x: right - 8, y: bottom - 8, content };
}

export function hideTip(): void {
  tip.value = null;
}

export function Tooltip() {
  const box = useRef<HTMLDivElement>(null);
  const shown = tip.value;
  useLayoutEffect(() => {
    if (!box.current || !shown) return;
    const { offsetWidth, offsetHeight } = box.current;
    const left = shown.x + 14 + offsetWidth > innerWidth ? shown.x - 10 - offsetWidth : shown.x + 14;
    const top = shown.y + 16 + offsetHeight > innerHeight ? shown.y - 10 - offsetHeight : shown.y + 16;
    box.current.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
  });
  return shown ? (
    <div ref={box} class="tooltip" role="tooltip" data-testid="tooltip">
      {shown.content}
    </div>
  ) : null;
}
