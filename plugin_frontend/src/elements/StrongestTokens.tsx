/** The tokens with the largest numbers (or changes), in numbers. */

import { formatPlace, formatToken, formatWeight } from "../lib/format";
import type { TokenWeights } from "../lib/readings";

const MOST = 8;

/** Less than this share of the largest is not worth a line. */
const LEAST_SHARE = 0.01;

interface Entry {
  reading: TokenWeights;
  index: number;
  weight: number;
}

interface Props {
  title: string;
  readings: readonly TokenWeights[];
  /** Show the sign of every number. */
  signed: boolean;
}

export function StrongestTokens({ title, readings, signed }: Props) {
  const entries = readings.flatMap(entriesOf);
  entries.sort((first, second) => Math.abs(second.weight) - Math.abs(first.weight));
  if (entries.length === 0) return null;
  const largest = Math.abs(entries[0].weight) || 1;
  const told = entries.slice(0, MOST).filter(({ weight }) => Math.abs(weight) >= LEAST_SHARE * largest);
  return (
    <div class="strongest" data-testid="strongest">
      <h3>{title}</h3>
      <ol>
        {told.map(({ reading: { sequence }, index, weight }) => (
          <li key={`${sequence.name} ${index}`}>
            <i class={`dot ${sequence.modality[index]}`} />
            <span>{(sequence.boxes[index] ? formatPlace : formatToken)(sequence.tokens[index])}</span>
            <i class="bar" style={{ width: `${(100 * Math.abs(weight)) / largest}%` }} data-negative={weight < 0} />
            <b>{formatWeight(weight, signed)}</b>
          </li>
        ))}
      </ol>
    </div>
  );
}

function entriesOf(reading: TokenWeights): Entry[] {
  const { positions, weights } = reading;
  return positions.flatMap((index) => {
    const weight = weights?.[index] ?? NaN;
    return Number.isNaN(weight) ? [] : [{ reading, index, weight }];
  });
}
