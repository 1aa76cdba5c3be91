/** How a part of the selection is written in a link and read from one. */

import { readNumbers, writeNumbers } from "./number_set";

export interface Field<T> {
  /** Its name in the link. */
  parameter: string;
  /** What it is where the link says nothing of it. */
  otherwise: T;
  /** As in the link; null to leave it out. */
  write(value: T): string | null;
  /** From the link; null where that is garbled. */
  read(value: string): T | null;
}

type Reader<T> = (value: string) => T | null;

/** May be missing. */
export function optional<T extends string | number>(parameter: string, read: Reader<T>): Field<T | null> {
  return { parameter, otherwise: null, write: (value) => (value === null ? null : String(value)), read };
}

/** A text that is never missing; what it usually is is not written. */
export function filled(parameter: string, otherwise: string): Field<string> {
  return { parameter, otherwise, write: (value) => (value === otherwise ? null : value), read: (value) => value };
}

/** One of a few; the first is not written. */
export function choice<T extends string>(parameter: string, values: readonly [T, ...T[]]): Field<T> {
  return {
    parameter,
    otherwise: values[0],
    write: (value) => (value === values[0] ? null : value),
    read: (value) => values.find((known) => known === value) ?? null,
  };
}

/** On or, unwritten, off. */
export function flag(parameter: string): Field<boolean> {
  return { parameter, otherwise: false, write: (value) => (value ? "1" : null), read: (value) => value === "1" };
}

/** Any number of texts, which may hold commas; unwritten none. */
export function list(parameter: string): Field<readonly string[]> {
  return {
    parameter,
    otherwise: [],
    write: (values) => values.map(encodeURIComponent).join() || null,
    read: (value) => value.split(",").filter(Boolean).map(decoded),
  };
}

/** What a link has room for. */
const SHORT = 1500;

/** Like {@link list}; where it is too long for a link, the link does without it. */
export function shortList(parameter: string): Field<readonly string[]> {
  const field = list(parameter);
  return {
    ...field,
    write: (values) => {
      // Of a million points not even the text is made.
      if (values.length > SHORT) return null;
      const written = field.write(values);
      return written !== null && written.length > SHORT ? null : written;
    },
  };
}

/** Any number of whole numbers from 0 on, as in `3-6,9`; unwritten none. */
export function numberSet(parameter: string): Field<readonly number[]> {
  return { parameter, otherwise: [], write: (values) => writeNumbers(values) || null, read: readNumbers };
}

export function text(value: string): string {
  return value;
}

export function wholeNumber(value: string): number | null {
  return /^-?\d+$/.test(value) ? Number(value) : null;
}

/** A number from 0 to 1. */
export function share(value: string): number | null {
  const number = Number(value || NaN);
  return number >= 0 && number <= 1 ? number : null;
}

export function positive(value: string): number | null {
  const number = Number(value || NaN);
  return number > 0 && Number.isFinite(number) ? number : null;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
