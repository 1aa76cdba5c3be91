import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const SOURCE = resolve(import.meta.dirname, "../src");

/** What the files of each floor may import, by the first part of the path below src. */
const ALLOWED: Record<string, RegExp> = {
  schema: /^schema/,
  api: /^(lib|schema|api|loading|jobs|transport)/,
  lib: /^(lib|schema)/,
  painters: /^(lib|schema|painters)/,
  elements: /^(lib|schema|painters|elements)/,
};

function imports(file: string): string[] {
  const found = readFileSync(file, "utf8").matchAll(/from "(\.[^"]+)"/g);
  return [...found].map(([, path]) => relative(SOURCE, resolve(file, "..", path)));
}

describe.each(Object.entries(ALLOWED))("src/%s", (floor, allowed) => {
  const files = readdirSync(join(SOURCE, floor)).map((name) => join(SOURCE, floor, name));

  it.each(files.map((file) => [relative(SOURCE, file), file]))("%s imports from its own floor or below", (_, file) => {
    expect(imports(file).filter((path) => !allowed.test(path))).toEqual([]);
  });
});

it("only host.ts touches the page around ours", () => {
  const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name));
  const touching = files.filter((name) => /window\.parent|parent\.document|\bhost\.location/.test(readFileSync(join(SOURCE, name), "utf8")));
  expect(touching).toEqual(["host.ts"]);
});
