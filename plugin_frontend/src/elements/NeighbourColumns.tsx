/** The nearest tokens side by side at several layers or steps, with their distances; the new ones marked. */

import { describeToken, formatNumber } from "../lib/format";
import { keyOf, type NeighbourColumn } from "../lib/neighbourhoods";
import type { Neighbour } from "../schema";
import { TokenButton } from "./TokenButton";

interface Props {
  label: string;
  columns: readonly NeighbourColumn[];
  /** Those that were not nearest before; as many as neighbours. */
  fresh: readonly (readonly boolean[])[];
  /** What the new ones are compared with, in words. */
  before: string;
  /** The distance that fills a bar. */
  farthest: number;
  /** The column shown elsewhere on the page. */
  chosen: number | null;
  /** What a column is called: in its title, and in full. */
  titleOf(number: number): string;
  nameOf(number: number): string;
  urlOf(image: string): string;
  onColumn(number: number): void;
  onChoose(neighbour: Neighbour): void;
}

export function NeighbourColumns({ label, columns, fresh, before, farthest, chosen, ...props }: Props) {
  const rows = Math.max(0, ...columns.map(({ neighbours }) => neighbours.length));
  return (
    <table class="neighbour-columns" aria-label={label}>
      <thead>
        <tr>
          <th class="neighbour-rank" scope="col">
            <span class="only-spoken">rank</span>
          </th>
          {columns.map(({ number }) => (
            <th key={number} scope="col" data-value={props.nameOf(number)} data-chosen={number === chosen}>
              <button
                type="button"
                class="quiet"
                aria-label={props.nameOf(number)}
                aria-pressed={number === chosen}
                onClick={() => props.onColumn(number)}
              >
                {props.titleOf(number)}
              </button>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {Array.from({ length: rows }, (_, rank) => (
          <tr key={rank}>
            <th class="neighbour-rank muted" scope="row">
              {rank + 1}
            </th>
            {columns.map(({ number, neighbours }, index) => {
              const neighbour = neighbours[rank];
              if (!neighbour) return <td key={number} />;
              const isNew = fresh[index]?.[rank] ?? false;
              const words = `${describeToken(neighbour)}, distance ${formatNumber(neighbour.distance)}`;
              return (
                <td key={`${number} ${keyOf(neighbour)}`} data-value={words} data-new={isNew} data-chosen={number === chosen}>
                  <TokenButton
                    token={neighbour}
                    described={isNew ? `${words}, not among the nearest ${before}` : words}
                    urlOf={props.urlOf}
                    onChoose={() => props.onChoose(neighbour)}
                  >
                    <span class="neighbour-distance">{formatNumber(neighbour.distance)}</span>
                    <span class="neighbour-bar" aria-hidden="true">
                      <i style={{ width: `${farthest > 0 ? (100 * neighbour.distance) / farthest : 0}%` }} />
                    </span>
                  </TokenButton>
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
