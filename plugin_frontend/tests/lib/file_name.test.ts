import { expect, it } from "vitest";
import { fileName } from "../../src/lib/file_name";

it("a file's name says what it shows", () => {
  expect(fileName("attention", [{ run: "lxmert-seed0", step: 900 }], "val/0007", "png")).toBe(
    "vl_attention_lxmert-seed0_step900_val-0007.png",
  );
});

it("both checkpoints are named where two are compared", () => {
  const places = [
    { run: "run", step: 1 },
    { run: "run", step: 2 },
  ];
  expect(fileName("heads", places, null, "csv")).toBe("vl_heads_run_step1_run_step2.csv");
});

it("nothing of a run's or example's name leads into other folders", () => {
  const name = fileName("heads", [{ run: "../../etc", step: 0 }], 'a:b*c?"<>|\\', "svg");
  expect(name).toBe("vl_heads_etc_step0_a-b-c.svg");
});
