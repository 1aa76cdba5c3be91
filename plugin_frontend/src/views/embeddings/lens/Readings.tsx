import { formatNumber, formatPercent, formatToken, formatTokenAt } from "../../../lib/format";
import { readingsAt, type Lens } from "../../../lib/logit_lens";
import type { LensSide } from "./shown";

interface Props {
  side: LensSide;
  /** By index. */
  layer: number;
  place: number;
}

/** What the head reads of one token in one layer, of both checkpoints where they are subtracted. */
export function Readings({ side, layer, place }: Props) {
  const { lens, before, sequence } = side;
  return (
    <div class="readings">
      <b>{formatTokenAt(sequence, lens.positions[place])}</b>, layer {lens.layers[layer]}
      <div class="readings-sides">
        {before && <ReadingsOf lens={before} name="A" layer={layer} place={place} />}
        <ReadingsOf lens={lens} name={before ? "B" : ""} layer={layer} place={place} />
      </div>
    </div>
  );
}

function ReadingsOf({ lens, name, layer, place }: Omit<Props, "side"> & { lens: Lens; name: string }) {
  const { answer } = lens;
  const cell = layer * lens.positions.length + place;
  return (
    <div>
      {name !== "" && <span class={`chip ${name.toLowerCase()}`}>{name}</span>}
      <table>
        <tbody>
          {readingsAt(lens, layer, place).map(({ text, probability }, index) => (
            <tr key={index} data-answer={answer?.text === text}>
              <td>{formatToken(text)}</td>
              <td>
                <i style={{ width: `${100 * probability}%` }} />
              </td>
              <td>{formatPercent(probability)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {answer && (
        <p>
          “{formatToken(answer.text)}”: rank {formatNumber(answer.rank[cell] + 1)}, {formatPercent(answer.probability[cell])}
        </p>
      )}
      <p class="muted">top word settled from layer {lens.settledDepth[place]} on</p>
    </div>
  );
}

/** The same, as it is spoken. */
export function spokenReading(side: LensSide, layer: number, place: number): string {
  const { lens, sequence } = side;
  const best = readingsAt(lens, layer, place).map(({ text, probability }) => `${formatToken(text)} ${formatPercent(probability)}`);
  return `${formatTokenAt(sequence, lens.positions[place])}, layer ${lens.layers[layer]}: ${best.join(", ")}`;
}
