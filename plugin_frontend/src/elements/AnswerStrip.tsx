/** One cell per step: right or wrong, a stroke where the answer changed. */

import { cellKind, stripInWords, type StripCell } from "../lib/answer_strip";
import { formatStep } from "../lib/format";
import { hideTip, showTip } from "./Tooltip";

interface Props {
  cells: readonly StripCell[];
  /** Steps of A and B, underlined. */
  marks?: readonly { step: number; side: "a" | "b" }[];
  /** Whose answers they are, in the tip. */
  name?: string;
  onChoose?(step: number, event: MouseEvent): void;
}

export function AnswerStrip({ cells, marks, name, onChoose }: Props) {
  const gap = Math.min(0.14, 0.02 * cells.length) * (cells.length > 60 ? 0 : 1);
  const outlines = new Map<string, string>();
  cells.forEach((cell, index) => {
    const kind = cellKind(cell);
    outlines.set(kind, `${outlines.get(kind) ?? ""}M${index + gap / 2} 0.14h${1 - gap}v0.72h${gap - 1}z`);
  });
  const changes = cells.map(({ changed }, index) => (changed ? `M${index} 0v1` : "")).join("");
  const cellAt = (event: MouseEvent) => {
    const frame = (event.currentTarget as Element).getBoundingClientRect();
    const place = Math.floor((cells.length * (event.clientX - frame.left)) / frame.width);
    return cells[Math.min(cells.length - 1, Math.max(0, place))];
  };
  return (
    <svg
      class={`strip ${onChoose ? "clickable" : ""}`}
      viewBox={`0 0 ${cells.length} 1`}
      preserveAspectRatio="none"
      role="img"
      aria-label={stripInWords(cells, formatStep)}
      onMouseMove={(event) => showTip(event, <CellTip cell={cellAt(event)} name={name} />)}
      onMouseLeave={hideTip}
      onClick={onChoose && ((event) => onChoose(cellAt(event).step, event))}
    >
      {[...outlines].map(([kind, outline]) => (
        <path key={kind} class={kind} d={outline} />
      ))}
      {changes && <path class="strip-changes" d={changes} />}
      {marks?.map(({ step, side }) => {
        const index = cells.findIndex((cell) => cell.step === step);
        return index >= 0 && <path key={side} class={`strip-mark ${side}`} d={`M${index} 1h1`} />;
      })}
    </svg>
  );
}

function CellTip({ cell, name }: { cell: StripCell; name?: string }) {
  const said = cell.correct === true ? " · correct" : cell.correct === false ? " · wrong" : "";
  return (
    <>
      {name && `${name} `}step {formatStep(cell.step)}:{" "}
      {cell.missing ? "not logged" : <b>{cell.prediction ?? "no prediction"}</b>}
      {said}
      {cell.changed && " · changed"}
    </>
  );
}
