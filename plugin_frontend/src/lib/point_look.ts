/** How large and how opaque points are: few are easily seen, a million make no blob. */

export interface PointLook {
  /** Diameter in pixels. */
  size: number;
  alpha: number;
}

/** Share of the plot that the points shown would cover beside each other. */
const COVERED = 0.5;
/** Diameters, in sizes of the text. */
const LARGEST = 0.6;
const SMALLEST_PIXELS = 1.5;
const MOST_OPAQUE = 0.85;
/** A single point is still seen, and ten on top of each other are not yet solid. */
const LEAST_OPAQUE = 0.12;

/**
 * `count` points, of which a share is in view, on so many square pixels; `text`: size of the text in pixels.
 * Points that no longer shrink become transparent instead.
 */
export function pointLook(count: number, shareInView: number, area: number, text: number): PointLook {
  const room = (COVERED * area) / Math.max(1, count * Math.min(1, shareInView));
  const wanted = Math.sqrt(room);
  const size = Math.min(LARGEST * text, Math.max(SMALLEST_PIXELS, 0.55 * wanted));
  return { size, alpha: Math.min(MOST_OPAQUE, Math.max(LEAST_OPAQUE, (0.4 * wanted) / size)) };
}
