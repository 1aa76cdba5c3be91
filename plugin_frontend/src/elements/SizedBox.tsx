import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { useOwnSize, type Size } from "./own_size";

interface Props extends JSX.HTMLAttributes<HTMLDivElement> {
  style?: Record<string, string | number>;
  /** Whether it is wide, and what is in it may stand side by side. */
  isWide(size: Size): boolean;
}

const AT_FIRST = { width: 800, height: 600 };

/**
 * A box of a size that comes from outside, whose styles know it: `--width`, `--height` and `data-wide`.
 * A container query would say as much, but all that asks it is laid out anew whenever anything is.
 */
export function SizedBox({ isWide, style, children, ...rest }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const size = useOwnSize(box, AT_FIRST);
  const sizes = { "--width": `${size.width}px`, "--height": `${size.height}px` };
  return (
    <div {...rest} ref={box} data-wide={isWide(size)} style={{ ...style, ...sizes }}>
      {children}
    </div>
  );
}
