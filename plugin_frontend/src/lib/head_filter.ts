/**
 * Conditions on heads, as in `mass_text_to_image > .3 and not (entropy < 2 or layer = 0)`.
 *
 * A comparison with what is not defined is neither true nor false: the head does not pass, nor does
 * it pass the opposite.
 */

export interface NamedStatistic {
  name: string;
  title: string;
}

/** What is known of a head; NaN where a number is not defined. */
export interface HeadFacts {
  block: string;
  layer: number;
  head: number;
  change: number;
  emergence: number;
  /** null where nobody tested it. */
  beyondChance: boolean | null;
  picked: boolean;
  /** The value of a statistic, by its name. */
  statistic(name: string): number;
}

export type Condition = (head: HeadFacts) => boolean | null;

/** What is wrong with a condition, and at which character, counted from 1. */
export class FilterError extends Error {
  constructor(
    reason: string,
    readonly at: number,
  ) {
    super(`${reason} (character ${at})`);
  }
}

interface Token {
  kind: "number" | "word" | "quoted" | "symbol" | "end";
  text: string;
  at: number;
}

type Operand =
  | { kind: "number"; read(head: HeadFacts): number }
  | { kind: "text"; read(head: HeadFacts): string };

type Compare = (order: number) => boolean;

const COMPARISONS: Record<string, Compare> = {
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  "=": (order) => order === 0,
  "==": (order) => order === 0,
  "!=": (order) => order !== 0,
};

const EQUALITY = ["=", "==", "!="];

const NUMBERS: Record<string, (head: HeadFacts) => number> = {
  layer: (head) => head.layer,
  head: (head) => head.head,
  change: (head) => head.change,
  emergence: (head) => head.emergence,
};

const FLAGS: Record<string, Condition> = {
  beyond_chance: (head) => head.beyondChance,
  picked: (head) => head.picked,
};

/** Words that a condition may hold beside the names of statistics. */
export const FILTER_WORDS = [...Object.keys(NUMBERS), "block", ...Object.keys(FLAGS), "and", "or", "not"];

/** The condition that the text describes; nothing is always true. Throws a {@link FilterError}. */
export function parseFilter(text: string, statistics: readonly NamedStatistic[]): Condition {
  const tokens = tokenised(text);
  if (tokens[0].kind === "end") return () => true;
  return new Parser(tokens, statistics).parse();
}

class Parser {
  private place = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly statistics: readonly NamedStatistic[],
  ) {}

  parse(): Condition {
    const condition = this.either();
    if (this.next.kind !== "end") throw this.expected("“and”, “or” or the end");
    return condition;
  }

  private either(): Condition {
    const parts = [this.both()];
    while (this.takes("or")) parts.push(this.both());
    return parts.length === 1 ? parts[0] : (head) => joined(parts, head, true);
  }

  private both(): Condition {
    const parts = [this.negated()];
    while (this.takes("and")) parts.push(this.negated());
    return parts.length === 1 ? parts[0] : (head) => joined(parts, head, false);
  }

  private negated(): Condition {
    if (!this.takes("not")) return this.single();
    const condition = this.negated();
    return (head) => {
      const holds = condition(head);
      return holds === null ? null : !holds;
    };
  }

  private single(): Condition {
    if (this.takes("(")) {
      const inner = this.either();
      if (!this.takes(")")) throw this.expected("“)”");
      return inner;
    }
    const flag = this.next.kind === "word" && FLAGS[this.next.text.toLowerCase()];
    if (flag) {
      this.place += 1;
      return flag;
    }
    return this.comparison();
  }

  private comparison(): Condition {
    const start = this.next;
    const second = this.tokens[this.place + 2];
    const left = this.operand(second?.text.toLowerCase() === "block");
    const operator = this.next;
    const compare = COMPARISONS[operator.text];
    if (!compare) throw this.expected("a comparison such as “>”");
    this.place += 1;
    const right = this.operand(left.kind === "text");
    if (left.kind === "text" && right.kind === "text") {
      if (!EQUALITY.includes(operator.text)) throw new FilterError("A block is compared by “=” or “!=”", operator.at);
      return (head) => compare(left.read(head) === right.read(head) ? 0 : 1);
    }
    if (left.kind === "number" && right.kind === "number") {
      return (head) => {
        const [first, other] = [left.read(head), right.read(head)];
        return Number.isNaN(first) || Number.isNaN(other) ? null : compare(first - other);
      };
    }
    throw new FilterError("A block is compared with a name in quotes", start.at);
  }

  /** A number, a name, or, where the other side is a block, a text. */
  private operand(besideBlock: boolean): Operand {
    const token = this.next;
    const known = this.statistics.find(({ name, title }) => token.text === name || (token.kind === "quoted" && token.text === title));
    if (token.kind === "number") return this.taken(numeric(Number(token.text)));
    if (token.kind === "quoted" && besideBlock) return this.taken({ kind: "text", read: () => token.text });
    if (token.kind === "word" && token.text.toLowerCase() === "block") {
      return this.taken({ kind: "text", read: (head) => head.block });
    }
    const number = token.kind === "word" ? NUMBERS[token.text.toLowerCase()] : undefined;
    if (number && !known) return this.taken({ kind: "number", read: number });
    if (known && (token.kind === "word" || token.kind === "quoted")) {
      return this.taken({ kind: "number", read: (head) => head.statistic(known.name) });
    }
    if (token.kind === "word" || token.kind === "quoted") {
      throw new FilterError(`“${token.text}” is not the name of a statistic`, token.at);
    }
    throw this.expected("a number or the name of a statistic");
  }

  private get next(): Token {
    return this.tokens[this.place];
  }

  private taken(operand: Operand): Operand {
    this.place += 1;
    return operand;
  }

  private takes(text: string): boolean {
    const { kind, text: found } = this.next;
    if ((kind !== "word" && kind !== "symbol") || found.toLowerCase() !== text) return false;
    this.place += 1;
    return true;
  }

  private expected(what: string): FilterError {
    const { kind, text, at } = this.next;
    return new FilterError(`Expected ${what}${kind === "end" ? " at the end" : `, not “${text}”`}`, at);
  }
}

function numeric(value: number): Operand {
  return { kind: "number", read: () => value };
}

/** Whether any (or all) of the conditions hold; null where what is unknown decides. */
function joined(parts: readonly Condition[], head: HeadFacts, any: boolean): boolean | null {
  const results = parts.map((part) => part(head));
  if (results.includes(any)) return any;
  return results.includes(null) ? null : !any;
}

const TOKEN = /\s*(?:(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|-(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)|([\p{L}_][\p{L}\d_.]*)|"([^"]*)"|(>=|<=|!=|==|[<>=()]))/iuy;

function tokenised(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (;;) {
    const start = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (!found) {
      const rest = text.slice(start);
      const at = start + rest.length - rest.trimStart().length + 1;
      if (rest.trim() === "") return [...tokens, { kind: "end", text: "", at: text.length + 1 }];
      throw new FilterError(rest.trim().startsWith('"') ? "The quotes are not closed" : `“${rest.trim()[0]}” has no meaning here`, at);
    }
    const [all, number, word, quoted, symbol] = found;
    const at = start + all.length - all.trimStart().length + 1;
    if (number !== undefined) tokens.push({ kind: "number", text: number, at });
    else if (word !== undefined) tokens.push({ kind: "word", text: word, at });
    else if (quoted !== undefined) tokens.push({ kind: "quoted", text: quoted, at });
    else tokens.push({ kind: "symbol", text: symbol, at });
  }
}

/** The name of a statistic as a condition holds it. */
export function written(name: string): string {
  return /^[\p{L}_][\p{L}\d_.]*$/u.test(name) ? name : `"${name}"`;
}

/** What the text may become: its last word completed to each of the names that begin like it. */
export function completions(text: string, names: readonly string[]): string[] {
  const [, before, word] = /^(.*?)([\p{L}_][\p{L}\d_.]*)?$/u.exec(text) ?? ["", text, ""];
  const start = (word ?? "").toLowerCase();
  return names.filter((name) => name.toLowerCase().startsWith(start) && name !== word).map((name) => before + name);
}
