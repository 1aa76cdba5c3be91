import { Menu, type MenuEntry } from "../../elements/Menu";
import { download, type Format } from "../../export/downloads";
import { holdsTable } from "../../export/tables";
import { selection } from "../../state";
import { TITLES } from "./titles";

/** Downloads all of the open view. */
export function DownloadMenu() {
  return (
    <Menu label="Download" title="Download this view" testId="download" entries={entries}>
      download
    </Menu>
  );
}

function entries(): MenuEntry[] {
  const page = document.querySelector<HTMLElement>("main");
  if (!page) return [];
  const { view } = selection.peek();
  const entry = (format: Format, label: string, note: string): MenuEntry => ({
    label,
    note,
    testId: `download-view-${format}`,
    run: () => download(page, format, TITLES[view], view),
  });
  return [
    entry("png", "PNG", "picture of this view"),
    entry("svg", "SVG", "picture, any size"),
    ...(holdsTable(page) ? [entry("csv", "CSV", "its tables")] : []),
  ];
}
