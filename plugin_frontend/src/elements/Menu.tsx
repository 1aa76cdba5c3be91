/** A button that opens a short list of things to do. */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { placeBelow } from "./popup";

export interface MenuEntry {
  label: string;
  note?: string;
  testId?: string;
  /** May take a while: the button says so until it is done. */
  run(): void | Promise<void>;
}

interface Props {
  label: string;
  title?: string;
  testId?: string;
  class?: string;
  /** What the button shows. */
  children: ComponentChildren;
  /** Asked when the menu opens. */
  entries(): readonly MenuEntry[];
}

export function Menu({ label, title, testId, children, entries, ...props }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [shown, setShown] = useState<readonly MenuEntry[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const open = shown !== null || problem !== null;

  const items = () => [...(box.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
  const close = (refocus = true) => {
    setShown(null);
    setProblem(null);
    if (refocus) box.current?.querySelector("button")?.focus();
  };
  const choose = async (entry: MenuEntry) => {
    close();
    setBusy(true);
    try {
      await entry.run();
    } catch (error) {
      setProblem((error as Error).message);
    }
    setBusy(false);
  };
  const press = (event: KeyboardEvent) => {
    if (!open) return;
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const target = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (target !== undefined) all[target % all.length]?.focus();
    else if (event.key === "Escape") close();
    else if (event.key === "Tab") close(false);
    if (target !== undefined || event.key === "Escape") event.preventDefault();
    event.stopPropagation();
  };

  useLayoutEffect(() => {
    if (!open) return;
    placeBelow(box.current!, box.current!.querySelector<HTMLElement>(".menu-list")!);
    items()[0]?.focus();
  }, [open]);
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => !box.current?.contains(event.target as Node) && close(false);
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);

  return (
    <div class={`menu ${props.class ?? ""}`} ref={box} onKeyDown={press}>
      <button
        type="button"
        class="quiet icon"
        data-testid={testId}
        aria-label={label}
        title={title ?? label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-busy={busy}
        onClick={() => (open ? close() : setShown(entries()))}
      >
        {children}
      </button>
      {open && (
        <div class="menu-list" popover="manual" role="menu" aria-label={label}>
          {problem !== null && (
            <p class="warning" role="alert">
              {problem}
            </p>
          )}
          {shown?.map((entry) => (
            <button
              key={entry.label}
              type="button"
              role="menuitem"
              data-testid={entry.testId}
              tabIndex={-1}
              onClick={() => void choose(entry)}
            >
              {entry.label}
              {entry.note && <span class="muted">{entry.note}</span>}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
