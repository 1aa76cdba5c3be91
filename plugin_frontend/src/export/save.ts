/** Hands a file to the browser's downloads. */

export function save(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // Not at once: some browsers read the address only after the click is over.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
