import { expect, it } from "vitest";
import { formatCsv } from "../../src/lib/csv";

it("rows become lines, cells are quoted where they hold what separates them", () => {
  const rows = [
    ["layer", 'head "0"', "mean, of all"],
    ["1", "0.5", "two\nlines"],
  ];
  expect(formatCsv(rows)).toBe('layer,"head ""0""","mean, of all"\r\n1,0.5,"two\nlines"\r\n');
});
