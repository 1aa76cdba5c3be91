/** Numbers as people read them. */

import type { DescribedToken, TokenSequence } from "../schema";

/** Three significant digits, without trailing zeros; "not defined" for NaN. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return "not defined";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 0.0005 || size >= 1e6) return minus(value.toExponential(1));
  if (size >= 1000) return minus(formatCount(Math.round(value)));
  return minus(String(Number(value.toPrecision(3))));
}

/** A weight of attention, or of its change; NaN means that it was not logged. */
export function formatWeight(weight: number, signed: boolean): string {
  if (Number.isNaN(weight)) return "not logged";
  return signed ? formatSigned(weight) : formatNumber(weight);
}

/** A score of relevancy, or its change; NaN where the map says nothing of the token. */
export function formatScore(score: number, signed: boolean): string {
  return Number.isNaN(score) ? "no score" : formatWeight(score, signed);
}

/** Like {@link formatNumber}, with the sign always shown. */
export function formatSigned(value: number): string {
  return value > 0 ? `+${formatNumber(value)}` : formatNumber(value);
}

/** The bounds of an interval; empty where there is none. */
export function formatInterval(low: number, high: number, format = formatNumber): string {
  return Number.isNaN(low + high) ? "" : `[${format(low)}, ${format(high)}]`;
}

/** A training step. */
export function formatStep(step: number): string {
  return formatCount(step);
}

/** A whole number, its thousands apart. */
export function formatCount(count: number): string {
  return GROUPED.format(count);
}

/** Made once: a number that makes its own takes a hundred times as long. */
const GROUPED = new Intl.NumberFormat("en-US");

/** A share as a whole percentage. */
export function formatPercent(share: number): string {
  if (Number.isNaN(share)) return "–";
  if (share > 0 && share < 0.005) return "<1 %";
  return `${Math.round(100 * share)} %`;
}

/** A block's name, its underscores read as spaces and its "to" as an arrow. */
export function formatBlock(name: string): string {
  return name.replace(/_to_/g, " → ").replace(/_/g, " ");
}

/** A number and its unit; the units that say nothing beside the number are left out. */
export function withUnit(text: string, unit: string): string {
  return unit === "" || unit === "share" ? text : `${text} ${unit}`;
}

/** The token as shown: word-piece and byte-level markers made readable. */
export function formatToken(token: string): string {
  const shown = token.replace(/^[Ġ▁]/, "").replace(/[Ċ\n]/g, "⏎").replace(/ /g, " ");
  return shown === "" ? "␣" : shown;
}

/** An image token as it is called: a mere number is that of a patch. */
export function formatPlace(token: string): string {
  return /^\d+$/.test(token) ? `patch ${token}` : formatToken(token);
}

/** A token of a sequence: a patch by its place, anything else by its text. */
export function formatTokenAt({ tokens, modality }: TokenSequence, position: number): string {
  return (modality[position] === "image" ? formatPlace : formatToken)(tokens[position]);
}

/** A token of any example in words. */
export function describeToken({ text, tag, token, box, modality }: DescribedToken): string {
  const name = box ? formatPlace(text) : `“${formatToken(text)}”`;
  return `${name}, ${modality} token ${token} of ${tag}`;
}

function minus(text: string): string {
  return text.replace("-", "−").replace("e−", "e-").replace("e+", "e");
}

/** A name, and what tells it from others of that name, where that has to be told: `Words of text, A`. */
export function formatLabel(name: string, ...apart: (string | false | null | undefined)[]): string {
  return [name, ...apart.filter(Boolean)].join(", ");
}
