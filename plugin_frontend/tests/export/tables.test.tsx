import { describe, expect, it } from "vitest";
import { HeadMatrix } from "../../src/elements/HeadMatrix";
import { holdsTable, tableRows } from "../../src/export/tables";
import { viridis } from "../../src/lib/colour";
import { formatNumber } from "../../src/lib/format";
import { show } from "../elements/render";

const values = new Float32Array([0.123456789, NaN]);

function matrix(label: string) {
  return (
    <HeadMatrix
      label={label}
      layers={[3]}
      heads={2}
      values={values}
      layerMean={new Float32Array([0.5])}
      scale={{ low: 0, high: 1, diverging: false }}
      table={viridis}
      selected={null}
      format={formatNumber}
      onChoose={() => undefined}
    />
  );
}

describe("the rows of a table", () => {
  it("have the numbers in full, and nothing where a number is not defined", () => {
    expect(tableRows(show(matrix("self")))).toEqual([
      ["layer", "head 0", "head 1", "mean"],
      ["3", String(values[0]), "", "0.5"],
    ]);
  });

  it("begin with the table's name where there are several", () => {
    const rows = tableRows(
      show(
        <>
          {matrix("self")}
          {matrix("cross")}
        </>,
      ),
    );
    expect(rows.map(([name]) => name)).toEqual(["self", "self", "cross", "cross"]);
  });

  it("of an ordinary table are its words", () => {
    const page = show(
      <table>
        <tr>
          <th>example</th>
        </tr>
        <tr>
          <td> val/0 </td>
        </tr>
      </table>,
    );
    expect(tableRows(page)).toEqual([["example"], ["val/0"]]);
    expect(holdsTable(page)).toBe(true);
  });
});
