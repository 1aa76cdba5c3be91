/** The nearest tokens of a token: layer by layer, and as words of different size. */

import { describeToken, formatNumber, formatToken } from "../lib/format";
import { wordSizes } from "../lib/neighbours";
import type { LayerNeighbours, Neighbour } from "../schema";
import { TokenButton } from "./TokenButton";
import { hideTip, showTip } from "./Tooltip";

interface TableProps {
  layers: readonly LayerNeighbours[];
  layer: number | null;
  urlOf(image: string): string;
  onLayer(layer: number): void;
  onChoose(neighbour: Neighbour): void;
}

export function NeighbourTable({ layers, layer, urlOf, onLayer, onChoose }: TableProps) {
  return (
    <table class="neighbours" aria-label="Nearest tokens by layer">
      <tbody>
        {layers.map((one) => (
          <tr key={one.layer} data-chosen={one.layer === layer}>
            <th scope="row" data-value={one.layer}>
              <button
                type="button"
                class="quiet"
                aria-label={`Layer ${one.layer}`}
                aria-pressed={one.layer === layer}
                onClick={() => onLayer(one.layer)}
              >
                {one.layer}
              </button>
            </th>
            {one.neighbours.map((neighbour) => (
              <td key={`${neighbour.tag} ${neighbour.sequence} ${neighbour.token}`} data-value={described(neighbour)}>
                <TokenButton
                  token={neighbour}
                  described={described(neighbour)}
                  urlOf={urlOf}
                  onChoose={() => onChoose(neighbour)}
                />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface CloudProps {
  neighbours: readonly Neighbour[];
  onChoose(neighbour: Neighbour): void;
}

export function WordCloud({ neighbours, onChoose }: CloudProps) {
  const sizes = wordSizes(neighbours);
  return (
    <ul class="word-cloud" aria-label="Nearest words, the nearest first">
      {neighbours.map((neighbour, index) => (
        <li key={index}>
          <button
            type="button"
            aria-label={described(neighbour)}
            style={{ fontSize: `${sizes[index].toFixed(2)}em` }}
            onMouseMove={(event) => showTip(event, described(neighbour))}
            onMouseLeave={hideTip}
            onClick={() => {
              hideTip();
              onChoose(neighbour);
            }}
          >
            {formatToken(neighbour.text)}
          </button>
        </li>
      ))}
    </ul>
  );
}

/** A neighbour in words. */
export function described(neighbour: Neighbour): string {
  return `${describeToken(neighbour)}, distance ${formatNumber(neighbour.distance)}`;
}
