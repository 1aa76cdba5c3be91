/** Where what a button opens goes: above all panels, placed in the window, within it. */

const MARGIN = 6;

/** A panel is a layer and a frame of its own, so that only a popover stands above it. */
export function placeBelow(button: HTMLElement, popup: HTMLElement): void {
  popup.showPopover?.();
  const { left, right, top, bottom } = button.getBoundingClientRect();
  const { offsetWidth, offsetHeight } = popup;
  const x = right - offsetWidth > MARGIN ? right - offsetWidth : left;
  const y = bottom + offsetHeight + MARGIN < innerHeight ? bottom + 2 : top - offsetHeight - 2;
  popup.style.left = `${Math.max(MARGIN, Math.min(x, innerWidth - offsetWidth - MARGIN))}px`;
  popup.style.top = `${Math.max(MARGIN, y)}px`;
}
