/** Downloads of what the page shows: named, captioned, as a picture or as a table. */

import { placeOf } from "../catalogue";
import { manifestOf } from "../data";
import { linkTo } from "../host";
import { formatCsv } from "../lib/csv";
import { fileName } from "../lib/file_name";
import { formatStep } from "../lib/format";
import { toParameters } from "../lib/selection";
import { selection, visibleSides } from "../state";
import { pngPicture, svgPicture, type Caption } from "./picture";
import { save } from "./save";
import { tableRows } from "./tables";

export type Format = "png" | "svg" | "csv";

/** Download a part of the page. `subject` begins the file's name. */
export async function download(element: HTMLElement, format: Format, title: string, subject: string): Promise<void> {
  const name = nameOf(subject, format);
  if (format === "csv") return save(name, new Blob([formatCsv(tableRows(element))], { type: "text/csv" }));
  const picture = await svgPicture(element, captionOf(title));
  save(name, format === "png" ? await pngPicture(picture) : new Blob([picture.svg], { type: "image/svg+xml" }));
}

/** What stands above the panel; of a list to choose from what is chosen. */
export function headingOf(panel: HTMLElement): string {
  const heading = panel.querySelector("h2");
  const chosen = [...(heading?.querySelectorAll("select") ?? [])].map((list) => list.selectedOptions[0]?.label);
  return chosen.length > 0 ? chosen.join(", ") : (heading?.textContent?.trim() ?? "");
}

/** The name of a file that shows `subject` of what is selected. */
export function nameOf(subject: string, extension: string): string {
  return fileName(subject, placesShown(), selection.peek().tag, extension);
}

export function captionOf(title: string): Caption {
  const places = placesShown();
  const runs = places.map(({ side, run, step }) => {
    const checkpoint = `${run} @ step ${formatStep(step)}`;
    return places.length > 1 ? `${side.toUpperCase()}: ${checkpoint}` : checkpoint;
  });
  const manifest = manifestOf[visibleSides.peek()[0]].value.peek();
  const example = manifest ? [manifest.text === "" ? manifest.tag : `${manifest.tag} “${manifest.text}”`] : [];
  return { title, subject: [...runs, ...example].join(" · "), link: linkTo(toParameters(selection.peek())) };
}

function placesShown() {
  return visibleSides.peek().flatMap((side) => {
    const place = placeOf[side].peek();
    return place ? [{ side, ...place }] : [];
  });
}
