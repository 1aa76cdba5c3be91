/** Everything that touches TensorBoard's page, which surrounds this one. */

import { signal } from "@preact/signals";
import { formatHash, isActive, parseHash, type Parameters } from "./lib/address";

export const plugin = new URLSearchParams(location.search).get("name") ?? "vl_tb_plugin";

/** TensorBoard's window; our own where the page was opened by itself. */
const host: Window = accessible(window.parent) ? window.parent : window;

export const dark = signal(false);

/** Follow TensorBoard's dark mode, and the system's where there is no TensorBoard. */
export function watchDarkMode(): void {
  if (host === window) {
    const preference = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => (dark.value = preference.matches);
    preference.addEventListener("change", follow);
    follow();
    return;
  }
  const { body } = host.document;
  const follow = () => (dark.value = body.classList.contains("dark-mode"));
  new MutationObserver(follow).observe(body, { attributes: true, attributeFilter: ["class"] });
  follow();
}

export function readParameters(): Parameters {
  return parseHash(host.location.hash, plugin);
}

const REST_MILLISECONDS = 200;
let unwritten: Parameters | null = null;
let resting: ReturnType<typeof setTimeout> | undefined;

/**
 * Mirror parameters in the URL, unless another plugin's tab is open: a moment after they last
 * changed, for the browser's own work on an address would come between a click and its picture, and
 * some browsers refuse to hear of more than a hundred addresses in half a minute.
 */
export function writeParameters(parameters: Parameters): void {
  if (!unwritten) window.addEventListener("pagehide", writeNow, { once: true });
  unwritten = parameters;
  clearTimeout(resting);
  resting = setTimeout(writeNow, REST_MILLISECONDS);
}

function writeNow(): void {
  window.removeEventListener("pagehide", writeNow);
  clearTimeout(resting);
  const { hash } = host.location;
  if (unwritten && isActive(hash, plugin)) {
    const wanted = formatHash(plugin, unwritten, hash);
    if (wanted !== hash) host.history.replaceState(host.history.state, "", wanted);
  }
  unwritten = null;
}

/** The address that opens TensorBoard on exactly these parameters. */
export function linkTo(parameters: Parameters): string {
  const { href, hash } = host.location;
  return href.slice(0, href.length - hash.length).replace(/#$/, "") + formatHash(plugin, parameters, hash);
}

/** Call when the user opens another link of this plugin in the same page. */
export function onParameters(callback: (parameters: Parameters) => void): void {
  host.addEventListener("hashchange", () => {
    const parameters = readParameters();
    if (Object.keys(parameters).length > 0) callback(parameters);
    else if (isActive(host.location.hash, plugin)) callback({});
  });
}

/** Call when TensorBoard reloads its data: by its button or on its own clock. */
export function onDataReloaded(callback: () => void): void {
  if (host === window) return;
  const channel = new MessageChannel();
  channel.port1.onmessage = ({ data }) => {
    const { type, id, isReply } = JSON.parse(data);
    if (isReply) return;
    if (/DataReloaded$/.test(type)) callback();
    channel.port1.postMessage(JSON.stringify({ type, id, payload: null, error: null, isReply: true }));
  };
  host.postMessage("experimental.bootstrap", location.origin, [channel.port2]);
}

/**
 * Call when a key is pressed here, or in TensorBoard's page while it shows the plugin: there the
 * focus stays after a click on our tab. Its own controls and dialogs keep their keys.
 */
export function onKeyDown(callback: (event: KeyboardEvent) => void): void {
  document.addEventListener("keydown", callback);
  if (host === window) return;
  host.document.addEventListener("keydown", (event) => {
    if (event.target === host.document.body && isVisible()) callback(event);
  });
}

/** Whether the user can see the plugin now. */
export function isVisible(): boolean {
  return document.visibilityState === "visible" && isActive(host.location.hash, plugin);
}

/** Copy to the clipboard; false where the browser refuses (plain http has no clipboard API). */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.style.position = "fixed";
    field.style.opacity = "0";
    document.body.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    return copied;
  }
}

function accessible(other: Window): boolean {
  try {
    return other !== window && other.document.body !== null;
  } catch {
    return false;
  }
}
