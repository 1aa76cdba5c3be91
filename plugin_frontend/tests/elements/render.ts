import { render, type VNode } from "preact";
import { act } from "preact/test-utils";
import { afterEach } from "vitest";

let container: HTMLElement | null = null;

/** Render into the page; what was there is removed after the test. */
export function show(element: VNode): HTMLElement {
  container ??= document.body.appendChild(document.createElement("div"));
  act(() => render(element, container!));
  return container;
}

/** Do something that makes elements render again. */
export { act };

afterEach(() => {
  if (container) render(null, container);
  container?.remove();
  container = null;
});
