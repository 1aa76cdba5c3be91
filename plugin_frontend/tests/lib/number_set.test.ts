import { expect, it } from "vitest";
import { readNumbers, writeNumbers } from "../../src/lib/number_set";

it("numbers are written as stretches and read back ascending, each once", () => {
  expect(writeNumbers([9, 3, 4, 5, 6, 3, 11, 12])).toBe("3-6,9,11,12");
  expect(readNumbers("3-6,9,11,12")).toEqual([3, 4, 5, 6, 9, 11, 12]);
  expect(readNumbers("5,5-6,0")).toEqual([0, 5, 6]);
});

it("what is no set of numbers is refused", () => {
  for (const garbled of ["", "3-", "-1", "1;2", "1e3", "12345678"]) expect(readNumbers(garbled)).toBeNull();
});
