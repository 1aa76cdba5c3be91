/** The nearest tokens of a token: layer by layer, and as words of different size. */

import { formatNumber, formatPlace, formatToken } from "../lib/format";
import { wordSizes } from "../lib/neighbours";
import type { LayerNeighbours, Neighbour } from "../schema";
import { BoxCrop } from "./BoxCrop";
import { hideTip, showTip, showTipAt } from "./Tooltip";

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
                <button
                  type="button"
                  class={`neighbour ${neighbour.modality}`}
                  aria-label={described(neighbour)}
                  onMouseMove={(event) => showTip(event, <Tip neighbour={neighbour} urlOf={urlOf} />)}
                  onMouseLeave={hideTip}
                  onFocus={(event) =>
                    (event.target as Element).matches(":focus-visible") &&
                    showTipAt(event.currentTarget as Element, <Tip neighbour={neighbour} urlOf={urlOf} />)
                  }
                  onBlur={hideTip}
                  onClick={() => {
                    hideTip();
                    onChoose(neighbour);
                  }}
                >
                  {neighbour.box && neighbour.image ? (
                    <BoxCrop url={urlOf(neighbour.image)} box={neighbour.box} label="" around={0} />
                  ) : (
                    formatToken(neighbour.text)
                  )}
                </button>
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

function Tip({ neighbour, urlOf }: { neighbour: Neighbour; urlOf(image: string): string }) {
  return (
    <div class="neighbour-tip">
      {neighbour.box && neighbour.image && (
        <BoxCrop url={urlOf(neighbour.image)} box={neighbour.box} label="Where the patch lies" around={1.5} />
      )}
      {described(neighbour)}
    </div>
  );
}

function described({ text, tag, token, box, modality, distance }: Neighbour): string {
  const name = box ? formatPlace(text) : `“${formatToken(text)}”`;
  return `${name}, ${modality} token ${token} of ${tag}, distance ${formatNumber(distance)}`;
}
