/** The menu of a panel that downloads what the panel shows. Who provides the context does the work. */

import { createContext } from "preact";
import { useContext, useRef } from "preact/hooks";
import { DownloadIcon } from "./DownloadIcon";
import { Menu, type MenuEntry } from "./Menu";
import { holdsTable } from "./table_rows";

export type DownloadPanel = (panel: HTMLElement, format: "png" | "svg" | "csv") => Promise<void>;

/** Without one, panels have no such menu. */
export const PanelDownloads = createContext<DownloadPanel | null>(null);

export function PanelDownload() {
  const download = useContext(PanelDownloads);
  const place = useRef<HTMLSpanElement>(null);
  if (!download) return null;
  const entries = (): MenuEntry[] => {
    const panel = place.current!.closest<HTMLElement>(".panel")!;
    const entry = (format: "png" | "svg" | "csv", label: string, note: string) => ({
      label,
      note,
      testId: `download-${format}`,
      run: () => download(panel, format),
    });
    const body = panel.querySelector(".panel-body");
    return [
      entry("png", "PNG", "picture"),
      entry("svg", "SVG", "picture, any size"),
      ...(body && holdsTable(body) ? [entry("csv", "CSV", "the numbers")] : []),
    ];
  };
  return (
    <span class="panel-download" ref={place}>
      <Menu label="Download" title="Download this panel" testId="panel-download" entries={entries}>
        <DownloadIcon />
      </Menu>
    </span>
  );
}
