/** What this browser remembers for its user, where it lets a page remember anything. */

const PREFIX = "vl_tb_plugin.";

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Refused, or full: the page works without.
  }
}

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}
