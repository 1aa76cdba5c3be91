import { describe, expect, it } from "vitest";
import { ChartFigure } from "../../src/elements/ChartFigure";
import { HeadMatrix } from "../../src/elements/HeadMatrix";
import { LineChart, type Line } from "../../src/elements/LineChart";
import { StackedAreas } from "../../src/elements/StackedAreas";
import { holdsTable } from "../../src/elements/table_rows";
import { TokenText } from "../../src/elements/TokenText";
import { tableRows } from "../../src/export/tables";
import { magma, viridis } from "../../src/lib/colour";
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

function lineChart(lines: Line[]) {
  return <LineChart label="entropy" lines={lines} marks={[]} />;
}

describe("the rows of a line chart", () => {
  it("are its steps, a column per line, in full and empty where a line has no value", () => {
    const lines: Line[] = [
      { name: "A", kind: "a", steps: [10, 2], values: [0.1 + 0.2, 1e-9] },
      { name: "B", kind: "b", steps: [2, 7], values: [NaN, 4] },
    ];
    expect(tableRows(show(lineChart(lines)))).toEqual([
      ["step", "A", "B"],
      ["2", "1e-9", ""],
      ["7", "", "4"],
      ["10", "0.30000000000000004", ""],
    ]);
  });

  it("have the bounds of a band, however it was given", () => {
    const lines: Line[] = [
      { name: "errors", kind: "series", steps: [1], values: [0.5], errors: [0.125] },
      { name: "bounds", kind: "series", steps: [1], values: [3], low: [2], high: [5] },
    ];
    expect(tableRows(show(lineChart(lines)))).toEqual([
      ["step", "errors", "errors, low", "errors, high", "bounds", "bounds, low", "bounds, high"],
      ["1", "0.5", "0.375", "0.625", "3", "2", "5"],
    ]);
  });

  it("have the chosen head once, though it is also among those behind", () => {
    const line = { steps: [1], values: [0.5] };
    const lines: Line[] = [
      { name: "head 0", kind: "context", ...line },
      { name: "head 1", kind: "context", ...line },
      { name: "head 1", kind: "a", ...line },
    ];
    expect(tableRows(show(lineChart(lines)))[0]).toEqual(["step", "head 0", "head 1"]);
  });

  it("are those that are shown now, and called as the axis is", () => {
    const chart = (value: number) => (
      <ChartFigure title="norm" axis="layer">
        {lineChart([{ name: "norm", kind: "a", steps: [0], values: [value] }])}
      </ChartFigure>
    );
    show(chart(1));
    expect(tableRows(show(chart(2)))).toEqual([
      ["layer", "norm"],
      ["0", "2"],
    ]);
  });

  it("are none where there is no line", () => {
    expect(holdsTable(show(lineChart([{ name: "A", kind: "a", steps: [1], values: [1] }])))).toBe(true);
    expect(holdsTable(show(lineChart([])))).toBe(false);
  });
});

it("the rows of stacked areas are their places, a column per part", () => {
  const areas = (
    <ChartFigure title="budget" axis="layer">
      <StackedAreas
        label="budget"
        places={[3, 8]}
        parts={[
          { name: "image", colour: "red", values: [1 / 3, NaN] },
          { name: "prompt", colour: "blue", values: [2 / 3, NaN] },
        ]}
        marks={[]}
        formatPlace={String}
        describePlace={String}
      />
    </ChartFigure>
  );
  expect(tableRows(show(areas))).toEqual([
    ["layer", "image", "prompt"],
    ["3", "0.3333333333333333", "0.6666666666666666"],
    ["8", "", ""],
  ]);
});

describe("the rows of words", () => {
  const words = (weights: (number | null)[]) => (
    <TokenText
      label="Words"
      tokens={weights.map((weight, index) => ({ index: index + 4, text: `Ġw${index}`, modality: "text", weight }))}
      scale={{ low: 0, high: 1, diverging: false }}
      table={magma}
      chosen={[]}
      choosable={null}
    />
  );

  it("are position, token as the tokeniser has it, modality and weight in full", () => {
    const weight = new Float32Array([0.1])[0];
    expect(tableRows(show(words([weight, NaN])))).toEqual([
      ["position", "token", "modality", "weight"],
      ["4", "Ġw0", "text", String(weight)],
      ["5", "Ġw1", "text", ""],
    ]);
  });

  it("are none where no word has a weight", () => {
    expect(holdsTable(show(words([null, null])))).toBe(false);
  });
});
