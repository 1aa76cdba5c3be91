/** A part of the page as a picture: SVG, or PNG drawn from it. */

import { styledCopy } from "./styled_copy";

export interface Caption {
  title: string;
  /** Which checkpoints and example. */
  subject: string;
  /** Opens the page on exactly this. */
  link: string;
}

export interface Picture {
  svg: string;
  width: number;
  height: number;
}

const SVG = "http://www.w3.org/2000/svg";
const XHTML = "http://www.w3.org/1999/xhtml";
const PIXELS_PER_UNIT = 2;
/** Browsers refuse larger canvases. */
const LONGEST_SIDE = 16_000;

/** The element as it looks now, on the page's background, with a caption below. */
export async function svgPicture(element: HTMLElement, caption: Caption): Promise<Picture> {
  const main = await styledCopy(element);
  const below = await captionCopy(caption, main.width);
  const [width, height] = [Math.ceil(main.width), Math.ceil(main.height + below.height)];
  const root = document.createElementNS(SVG, "svg");
  root.setAttribute("width", String(width));
  root.setAttribute("height", String(height));
  root.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const title = document.createElementNS(SVG, "title");
  title.textContent = `${caption.title}, ${caption.subject}`;
  root.append(title, paper(width, height));
  root.append(placed(main.copy, 0, width, Math.ceil(main.height)));
  root.append(placed(below.copy, Math.ceil(main.height), width, Math.ceil(below.height)));
  return { svg: new XMLSerializer().serializeToString(root), width, height };
}

/** Throws where the browser can't read back what it drew. */
export async function pngPicture({ svg, width, height }: Picture): Promise<Blob> {
  const image = new Image();
  // A data URL: what comes from a blob URL may be drawn but not read back.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const scale = Math.min(PIXELS_PER_UNIT, LONGEST_SIDE / Math.max(width, height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(scale * width), Math.round(scale * height)];
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture is too large for this browser.")))),
  );
}

/** Made on the page, out of sight, where its height can be measured. */
async function captionCopy({ title, subject, link }: Caption, width: number) {
  const caption = document.createElement("div");
  caption.className = "picture-caption";
  caption.style.width = `${width}px`;
  for (const [kind, text] of Object.entries({ title, subject, link })) {
    const line = caption.appendChild(document.createElement("p"));
    line.className = `picture-${kind}`;
    line.textContent = text;
  }
  document.body.append(caption);
  try {
    const measured = await styledCopy(caption);
    (measured.copy as HTMLElement).style.inset = "auto";
    return measured;
  } finally {
    caption.remove();
  }
}

function paper(width: number, height: number): Element {
  const rectangle = document.createElementNS(SVG, "rect");
  rectangle.setAttribute("width", String(width));
  rectangle.setAttribute("height", String(height));
  rectangle.setAttribute("fill", getComputedStyle(document.body).backgroundColor);
  return rectangle;
}

function placed(content: Element, y: number, width: number, height: number): Element {
  const frame = document.createElementNS(SVG, "foreignObject");
  for (const [name, value] of Object.entries({ y, width, height })) frame.setAttribute(name, String(value));
  const body = document.createElementNS(XHTML, "div");
  body.append(content);
  frame.append(body);
  return frame;
}
