import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

export interface Size {
  width: number;
  height: number;
}

const NONE: Size = { width: 0, height: 0 };

/** The size of an element's content in pixels, at every time; `atFirst` until it has one. */
export function useOwnSize(element: RefObject<Element>, atFirst = NONE): Size {
  const [size, setSize] = useState(atFirst);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([{ contentRect: { width, height } }]) => {
      if (width >= 1 && height >= 1) setSize({ width, height });
    });
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, []);
  return size;
}
