/** A long list of rows of one height, of which only those in sight are made. */

import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { rowsInSight, scrollTo } from "../lib/virtual_rows";

interface Props {
  label: string;
  role: "listbox" | "grid";
  class: string;
  testId?: string;
  count: number;
  /** Height of each row, in rem. */
  rowHeight: number;
  /** The row chosen, -1 where none is: it is scrolled into sight when it changes. */
  chosen: number;
  /** Begin at the top, wherever the chosen row is. */
  fromTop?: boolean;
  /** In what order the rows are: in another one the list begins at the top again. */
  order?: string | null;
  /** Identifiers of the rows, for who can't see which is chosen. */
  idOf(index: number): string;
  /** Stays at the top; in a grid its first row. */
  header?: ComponentChildren;
  columns?: number;
  children(index: number): JSX.Element;
}

const BEFORE_MEASURED = 600;

export function VirtualList(props: Props) {
  const { count, chosen, header } = props;
  const list = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const [scrolled, setScrolled] = useState(0);
  const [{ height, row }, setSize] = useState({ height: BEFORE_MEASURED, row: 16 * props.rowHeight });

  useLayoutEffect(() => {
    const element = list.current!;
    const measure = () => {
      const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
      const room = element.clientHeight - (head.current?.offsetHeight ?? 0);
      setSize({ height: room > 0 ? room : BEFORE_MEASURED, row: props.rowHeight * rem });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [props.rowHeight]);

  const left = useRef(props.fromTop ? chosen : -1);
  const order = useRef(props.order);
  useLayoutEffect(() => {
    const element = list.current!;
    if (props.order !== order.current) {
      order.current = props.order;
      left.current = chosen;
      element.scrollTop = 0;
    }
    if (chosen !== left.current) {
      left.current = -1;
      if (chosen >= 0) element.scrollTop = scrollTo(chosen, element.scrollTop, height, row);
    }
    setScrolled(element.scrollTop);
  }, [chosen, count === 0, height, row, props.order]);

  const { first, end } = rowsInSight(scrolled, height, row, count);
  const shown = Array.from({ length: end - first }, (_, place) => props.children(first + place));
  return (
    <div
      ref={list}
      role={props.role}
      class={`virtual-list ${props.class}`}
      data-testid={props.testId}
      aria-label={props.label}
      aria-rowcount={props.role === "grid" ? count + 1 : undefined}
      aria-colcount={props.columns}
      aria-activedescendant={chosen >= first && chosen < end ? props.idOf(chosen) : undefined}
      tabIndex={0}
      style={{ "--row-height": `${row}px` }}
      onScroll={(event) => setScrolled(event.currentTarget.scrollTop)}
    >
      {header && (
        <div class="virtual-head" ref={head} role="presentation">
          {header}
        </div>
      )}
      <div class="virtual-room" role="presentation" style={{ height: `${count * row}px`, paddingTop: `${first * row}px` }}>
        {shown}
      </div>
    </div>
  );
}
