/** The open view as one HTML file that needs neither a server nor a network. */

import { captionOf, nameOf } from "./downloads";
import { collect } from "./collect";
import { save } from "./save";
import type { Snapshot } from "../lib/snapshot";
import { SNAPSHOT_ELEMENT } from "../transport";

export async function downloadPage(
  title: string,
  subject: string,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<void> {
  // In the built page this module is the whole page.
  const code = await (await fetch(import.meta.url, { signal })).text();
  const snapshot = await collect(captionOf(title).subject, signal, onProgress);
  save(nameOf(subject, "html"), new Blob([pageFile(title, code, snapshot)], { type: "text/html" }));
}

/** The page's code and what it shows; nothing of either can end its own script element. */
export function pageFile(title: string, code: string, snapshot: Snapshot): string {
  const data = JSON.stringify(snapshot).replace(/</g, "\\u003c");
  const script = code.replace(/<(?=\/script|!--)/gi, "\\x3c");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(`${title}, ${snapshot.subject}`)}</title>
<body>
<script type="application/json" id="${SNAPSHOT_ELEMENT}">${data}</script>
<script type="module">${script}</script>
</body>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
