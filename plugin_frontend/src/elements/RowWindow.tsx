/** Rows of one height, of which only those in sight are there. */

import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

interface Props extends Omit<JSX.HTMLAttributes<HTMLDivElement>, "onScroll"> {
  count: number;
  /** In pixels. */
  rowHeight: number;
  /** Index of a row that comes into sight when it changes. */
  reveal: number;
  /** Stays in sight above the rows. */
  head: ComponentChildren;
  renderRow(index: number): ComponentChildren;
}

const SPARE_ROWS = 8;

export function RowWindow({ count, rowHeight, reveal, head, renderRow, ...rest }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const measure = () => {
    const { scrollTop: top, clientHeight: height } = box.current!;
    setView((known) => (known.top === top && known.height === height ? known : { top, height }));
  };
  useLayoutEffect(() => {
    const observer = new ResizeObserver(measure);
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (reveal < 0) return;
    const { scrollTop, clientHeight } = box.current!;
    const above = reveal * rowHeight;
    // The head covers the first row's place.
    const below = above + 2 * rowHeight;
    if (above < scrollTop) box.current!.scrollTop = above;
    else if (below > scrollTop + clientHeight) box.current!.scrollTop = below - clientHeight;
    measure();
  }, [reveal, count]);

  const first = Math.max(0, Math.floor(view.top / rowHeight) - SPARE_ROWS);
  const last = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + SPARE_ROWS);
  return (
    <div {...rest} ref={box} onScroll={measure}>
      {head}
      <div style={{ height: first * rowHeight }} />
      {Array.from({ length: Math.max(0, last - first) }, (_, index) => renderRow(first + index))}
      <div style={{ height: Math.max(0, count - last) * rowHeight }} />
    </div>
  );
}
