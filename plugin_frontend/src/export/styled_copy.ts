/** Copies of elements that look the same without the page's style sheets. */

/** Properties that an element has from its parent unless it says otherwise. */
const INHERITED = `color font-family font-size font-style font-weight font-stretch font-variant-numeric letter-spacing
  line-height text-align text-indent text-transform text-anchor visibility white-space-collapse text-wrap-mode
  word-break word-spacing overflow-wrap fill fill-opacity stroke stroke-width stroke-dasharray stroke-linecap
  stroke-linejoin stroke-opacity paint-order list-style-type border-collapse image-rendering`.split(/\s+/);

const OWN = `display position top right bottom left float width height min-width min-height max-width max-height
  margin-top margin-right margin-bottom margin-left padding-top padding-right padding-bottom padding-left box-sizing
  overflow-x overflow-y opacity z-index isolation transform transform-origin
  border-top-width border-right-width border-bottom-width border-left-width
  border-top-left-radius border-top-right-radius border-bottom-left-radius border-bottom-right-radius
  background-color background-image background-position background-size background-repeat box-shadow
  outline-style flex-direction flex-wrap flex-grow flex-shrink flex-basis justify-content align-items align-content
  align-self justify-items justify-self order row-gap column-gap grid-template-columns grid-template-rows
  grid-auto-flow grid-auto-rows grid-auto-columns grid-column-start grid-column-end grid-row-start grid-row-end
  vertical-align text-overflow text-decoration-line object-fit mix-blend-mode -webkit-line-clamp -webkit-box-orient
  vector-effect dominant-baseline`.split(/\s+/);

const SIDES = ["top", "right", "bottom", "left"];
const XHTML = "http://www.w3.org/1999/xhtml";

/** What is left as a blank: what can only be used on the page. */
const BLANK = ".panel-head :is(.segmented, .quiet), .menu, input";
const LEFT_OUT = ".progress, .tooltip, .skip-in-pictures";

/** A copy of `element` with all that it holds, pictures as data URLs. What is scrolled comes whole. */
export async function styledCopy(element: HTMLElement): Promise<{ copy: Element; width: number; height: number }> {
  await Promise.all([...element.querySelectorAll("img")].map((image) => image.decode().catch(() => undefined)));
  const plain = document.body.appendChild(document.createElement("span"));
  plain.style.all = "initial";
  const { width, height } = element.getBoundingClientRect();
  const hidden = Math.max(0, ...scrolling(element).map(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight));
  const copy = copied(element, null, getComputedStyle(plain), new Set(scrolling(element).flatMap(withAncestors))) as HTMLElement;
  plain.remove();
  copy.style.margin = "0";
  copy.style.position = "relative";
  return { copy, width, height: height + hidden };
}

/** What holds more than it shows, from top to bottom. */
function scrolling(element: Element): Element[] {
  return [element, ...element.querySelectorAll("*")].filter(
    (inner) =>
      inner.scrollHeight > inner.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(inner).overflowY),
  );
}

function withAncestors(element: Element): Element[] {
  return element.parentElement ? [element, ...withAncestors(element.parentElement)] : [element];
}

function copied(
  element: Element,
  parent: CSSStyleDeclaration | null,
  plain: CSSStyleDeclaration,
  grown: ReadonlySet<Element>,
): Element | null {
  const style = getComputedStyle(element);
  if (style.display === "none" || element.matches(LEFT_OUT)) return null;
  const copy = emptyCopy(element);
  let text = styleText(style, parent ?? plain, plain);
  if (grown.has(element)) text += "height:auto;max-height:none;overflow:visible;grid-template-rows:none;";
  if (element.matches(BLANK)) text += "visibility:hidden;";
  if (element instanceof HTMLSelectElement) {
    text += `display:inline-block;white-space:nowrap;text-overflow:ellipsis;line-height:${element.clientHeight - 4}px;`;
  }
  copy.setAttribute("style", text);
  if (element instanceof HTMLSelectElement) copy.textContent = element.selectedOptions[0]?.label ?? "";
  else for (const child of element.childNodes) append(copy, child);
  return copy;

  function append(to: Element, child: Node): void {
    if (child instanceof Text) to.append(child.data);
    if (!(child instanceof Element)) return;
    if (element instanceof HTMLDetailsElement && !element.open && child.tagName !== "SUMMARY") return;
    const inner = copied(child, style, plain, grown);
    if (inner) to.append(inner);
  }
}

/** The element without what it holds. HTML becomes spans, which have no looks of their own. */
function emptyCopy(element: Element): Element {
  if (element instanceof HTMLCanvasElement) return picture(element.toDataURL());
  if (element instanceof HTMLImageElement) return picture(imageData(element));
  if (element instanceof SVGElement) {
    const copy = element.cloneNode(false) as Element;
    copy.removeAttribute("class");
    return copy;
  }
  return document.createElementNS(XHTML, "span");
}

function picture(url: string): Element {
  const image = document.createElementNS(XHTML, "img");
  image.setAttribute("src", url);
  return image;
}

/** An image as it was loaded, in its own size. */
export function imageData(image: HTMLImageElement): string {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth || 1, image.naturalHeight || 1];
  canvas.getContext("2d")!.drawImage(image, 0, 0);
  return canvas.toDataURL();
}

function styleText(style: CSSStyleDeclaration, parent: CSSStyleDeclaration, plain: CSSStyleDeclaration): string {
  const text: string[] = [];
  const write = (name: string) => text.push(`${name}:${style.getPropertyValue(name)};`);
  for (const name of INHERITED) if (style.getPropertyValue(name) !== parent.getPropertyValue(name)) write(name);
  for (const name of OWN) if (style.getPropertyValue(name) !== plain.getPropertyValue(name)) write(name);
  for (const side of SIDES) {
    if (style.getPropertyValue(`border-${side}-width`) === "0px") continue;
    write(`border-${side}-style`);
    write(`border-${side}-color`);
  }
  if (style.outlineStyle !== "none") ["outline-width", "outline-color", "outline-offset"].forEach(write);
  return text.join("");
}
