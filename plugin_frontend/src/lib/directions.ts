/** Custom axes as the route `projection` takes them: `mean:<group>~<group>` or `token:<tag>|<sequence>|<position>`. */

import { formatToken } from "./format";
import type { ExampleSummary, Modality } from "../schema";
import { MODALITIES } from "./points";

/** Tokens that have something in common; `value` is as the route has it, with names and values escaped. */
export interface TokenGroup {
  value: string;
  label: string;
}

export type Direction =
  | { kind: "difference"; from: string; to: string }
  | { kind: "token"; tag: string; sequence: string; token: number };

/** Fields with more different values than that make no groups. */
const MOST_VALUES = 12;

/** What axes can lead between. */
export function tokenGroups(modalities: readonly Modality[], examples: readonly ExampleSummary[]): TokenGroup[] {
  const groups: TokenGroup[] = MODALITIES.filter((modality) => modalities.includes(modality) && modality !== "padding")
    .map((modality) => ({ value: `modality=${modality}`, label: `${modality} tokens` }));
  for (const [right, label] of [[true, "examples answered right"], [false, "examples answered wrong"]] as const) {
    if (examples.some(({ correct }) => correct.includes(right))) groups.push({ value: `correct=${right}`, label });
  }
  const names = new Set(examples.flatMap(({ fields }) => Object.keys(fields)));
  for (const name of names) {
    const values = new Set(examples.flatMap(({ fields }) => fields[name] ?? []).filter((value) => value !== null));
    if (values.size < 2 || values.size > MOST_VALUES || [...values].every((value) => typeof value === "number")) continue;
    for (const value of [...values].map(String).sort()) groups.push({ value: `field:${escaped(name)}=${escaped(value)}`, label: `${name}: ${value}` });
  }
  return groups;
}

export function writeDirection(direction: Direction): string {
  return direction.kind === "token"
    ? `token:${encodeURIComponent(direction.tag)}|${encodeURIComponent(direction.sequence)}|${direction.token}`
    : `mean:${direction.to}~${direction.from}`;
}

/** What {@link writeDirection} wrote; null where that is garbled. */
export function readDirection(written: string): Direction | null {
  const [, to, from] = /^mean:([^~]+)~([^~]+)$/s.exec(written) ?? [];
  if (from !== undefined) return { kind: "difference", from, to };
  const [, tag, sequence, token] = /^token:([^|]+)\|([^|]+)\|(\d+)$/.exec(written) ?? [];
  if (tag === undefined) return null;
  try {
    return { kind: "token", tag: decodeURIComponent(tag), sequence: decodeURIComponent(sequence), token: Number(token) };
  } catch {
    return null;
  }
}

/** How the axis is called. */
export function directionTitle(direction: Direction, groups: readonly TokenGroup[], word: string | null): string {
  const label = (value: string) => groups.find((group) => group.value === value)?.label ?? value;
  if (direction.kind === "difference") return `${label(direction.to)} − ${label(direction.from)}`;
  return word === null ? `token ${direction.token} of ${direction.tag}` : `“${formatToken(word)}”`;
}

/** What the axes are at first: a difference of each kind of groups, then further ones of the same kinds. */
export function usualDirections(groups: readonly TokenGroup[], count: number): string[] {
  const kindOf = ({ value }: TokenGroup) => value.split("=")[0];
  const pairs = groups.slice(1).flatMap((from, index) => {
    const to = groups[index];
    return kindOf(from) === kindOf(to) ? [{ kind: kindOf(to), written: writeDirection({ kind: "difference", to: to.value, from: from.value }) }] : [];
  });
  const first = pairs.filter(({ kind }, index) => pairs.findIndex((pair) => pair.kind === kind) === index);
  const others = pairs.filter((pair) => !first.includes(pair));
  return [...first, ...others].slice(0, count).map(({ written }) => written);
}

/** "~" parts the groups of an axis. */
function escaped(part: string): string {
  return encodeURIComponent(part).replace(/~/g, "%7E");
}
