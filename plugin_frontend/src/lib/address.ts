/** The page's state in TensorBoard's URL: `#plugin&p.plugin.key=value`. */

export type Parameters = Record<string, string>;

/** The parameters of this plugin in a hash; none where the hash belongs to another plugin. */
export function parseHash(hash: string, plugin: string): Parameters {
  const [active, ...entries] = hash.replace(/^#/, "").split("&");
  const prefix = `p.${plugin}.`;
  const parameters: Parameters = {};
  if (decode(active) !== plugin) return parameters;
  for (const entry of entries) {
    const [name, ...rest] = entry.split("=");
    const key = decode(name);
    if (key.startsWith(prefix)) parameters[key.slice(prefix.length)] = decode(rest.join("="));
  }
  return parameters;
}

/** A hash with these parameters; entries of `previous` that are not this plugin's are kept. */
export function formatHash(plugin: string, parameters: Parameters, previous = ""): string {
  const prefix = `p.${plugin}.`;
  const foreign = previous
    .replace(/^#/, "")
    .split("&")
    .slice(1)
    .filter((entry) => entry !== "" && !decode(entry.split("=")[0]).startsWith(prefix));
  const own = Object.entries(parameters).map(([key, value]) => `${prefix}${key}=${encode(value)}`);
  return `#${[plugin, ...foreign, ...own].join("&")}`;
}

/** Whether the hash shows this plugin, or none yet. */
export function isActive(hash: string, plugin: string): boolean {
  const active = decode(hash.replace(/^#/, "").split("&")[0]);
  return active === "" || active === plugin;
}

function encode(value: string): string {
  return encodeURIComponent(value).replace(/%2F/g, "/").replace(/%20/g, "+");
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, " "));
  } catch {
    return text;
  }
}
