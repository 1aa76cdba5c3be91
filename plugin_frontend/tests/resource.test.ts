import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import type { Query } from "../src/loading";
import { resource } from "../src/resource";

const settled = () => new Promise((resolve) => setTimeout(resolve));

function query(key: string, answer: () => Promise<string>): Query<string> {
  return { key, run: answer };
}

describe("a resource", () => {
  it("keeps the old answer, marked as loading, until the new one is there", async () => {
    const name = signal("first");
    const { value, loading } = resource(() => {
      const key = name.value;
      return query(`keeps ${key}`, async () => key);
    });
    await settled();
    name.value = "second";
    expect([value.value, loading.value]).toEqual(["first", true]);
    await settled();
    expect([value.value, loading.value]).toEqual(["second", false]);
  });

  it("ignores an answer that comes after the question has changed", async () => {
    const name = signal("slow");
    let late!: (value: string) => void;
    const { value } = resource(() =>
      name.value === "slow"
        ? query("slow", () => new Promise((resolve) => (late = resolve)))
        : query("fast", async () => "fast"),
    );
    name.value = "fast";
    await settled();
    late("slow");
    await settled();
    expect(value.value).toBe("fast");
  });

  it("says what went wrong and tries again when asked to", async () => {
    let broken = true;
    const { value, error, retry } = resource(() =>
      query("mended", async () => {
        if (broken) throw new Error("No block 'self'.");
        return "value";
      }),
    );
    await settled();
    expect(error.value).toBe("No block 'self'.");
    broken = false;
    retry();
    await settled();
    expect([error.value, value.value]).toEqual([null, "value"]);
  });

  it("is empty for null and stands still for undefined", async () => {
    const wanted = signal<"load" | "stay" | "empty">("load");
    const { value } = resource(() =>
      wanted.value === "load" ? query("still", async () => "value") : wanted.value === "stay" ? undefined : null,
    );
    await settled();
    wanted.value = "stay";
    expect(value.value).toBe("value");
    wanted.value = "empty";
    expect(value.value).toBeNull();
  });
});
