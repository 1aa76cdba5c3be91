import { expect, it } from "vitest";
import { pageFile } from "../../src/export/page_file";
import type { Snapshot } from "../../src/lib/snapshot";

it("neither the code nor the data can end their script", () => {
  const snapshot: Snapshot = {
    made: 0,
    subject: "</title><script>alert(1)</script>",
    parameters: {},
    answers: { "manifest?x": "</script><!--" },
    matrices: {},
    images: {},
    leftOut: 0,
  };
  const html = pageFile("Attention", 'const a = "</script><!--";', snapshot);
  const page = new DOMParser().parseFromString(html, "text/html");
  const scripts = [...page.querySelectorAll("script")];
  expect(scripts.map(({ type }) => type)).toEqual(["application/json", "module"]);
  expect(JSON.parse(scripts[0].textContent!)).toEqual(snapshot);
  expect(new Function(`${scripts[1].textContent!} return a;`)()).toBe("</script><!--");
});
