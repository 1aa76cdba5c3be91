/** The size of the page's text in pixels: what is drawn grows with it on large screens. */
export function textSize(): number {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) || 13;
}
