import { signal } from "@preact/signals";
import { Menu, type MenuEntry } from "../../elements/Menu";
import { holdsTable } from "../../elements/table_rows";
import { download, type Format } from "../../export/downloads";
import { downloadPage } from "../../export/page_file";
import { formatPercent } from "../../lib/format";
import type { View } from "../../lib/selection";
import { selection } from "../../state";
import { snapshot } from "../../transport";
import { TITLES } from "./titles";

/** Downloads all of the open view. */
export function DownloadMenu() {
  return (
    <div class="downloads">
      <Menu label="Download" title="Download this view" testId="download" entries={entries}>
        download
      </Menu>
      {saving.value && <Saving {...saving.value} />}
    </div>
  );
}

const saving = signal<{ share: number; cancel(): void } | null>(null);

/** How far the file is, for who waits for it. */
function Saving({ share, cancel }: { share: number; cancel(): void }) {
  return (
    <div class="saving" role="status" data-testid="saving">
      <progress value={share} aria-label="Collecting what the page shows" />
      <span>{formatPercent(share)}</span>
      <button type="button" class="button" onClick={cancel}>
        Cancel
      </button>
    </div>
  );
}

async function savePage(view: View): Promise<void> {
  saving.peek()?.cancel();
  const controller = new AbortController();
  const cancel = () => controller.abort();
  saving.value = { share: 0, cancel };
  try {
    await downloadPage(TITLES[view], view, controller.signal, (share) => (saving.value = { share, cancel }));
  } catch (error) {
    if (!controller.signal.aborted) throw error;
  } finally {
    saving.value = null;
  }
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
    ...(holdsTable(page) ? [entry("csv", "CSV", "its numbers")] : []),
    ...(snapshot
      ? []
      : [
          {
            label: "HTML",
            note: "this page, without a server",
            testId: "download-view-html",
            run: () => savePage(view),
          },
        ]),
  ];
}
