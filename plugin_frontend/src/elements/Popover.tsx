/** A button that opens a small panel of fields. */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { placeBelow } from "./popup";

interface Props {
  /** What the button shows. */
  label: ComponentChildren;
  /** What the panel is called. */
  name: string;
  title?: string;
  testId?: string;
  children(close: () => void): ComponentChildren;
}

export function Popover({ label, name, title, testId, children }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const close = () => {
    setOpen(false);
    box.current?.querySelector("button")?.focus();
  };

  useLayoutEffect(() => {
    const panel = box.current!.querySelector<HTMLElement>(".popover-panel");
    if (!panel) return;
    placeBelow(box.current!, panel);
    panel.querySelector<HTMLElement>("input, select, button")?.focus();
  }, [open]);
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => !box.current?.contains(event.target as Node) && setOpen(false);
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);

  return (
    <div
      class="popover"
      ref={box}
      onKeyDown={(event) => {
        if (!open || event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        close();
      }}
    >
      <button
        type="button"
        class="button"
        data-testid={testId}
        title={title}
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {label}
      </button>
      {open && (
        <div class="popover-panel" popover="manual" role="dialog" aria-label={name}>
          {children(close)}
        </div>
      )}
    </div>
  );
}
