/** One of a gallery's small multiples. Those scrolled away follow later, so that what is seen comes at once. */

import { Component } from "preact";
import { TokenStrip } from "../../elements/TokenStrip";
import { formatNumber, formatSigned } from "../../lib/format";
import type { AttentionShown } from "./shown";
import { Pictures } from "./Pictures";

interface Props {
  /** As it is called: "head 3". */
  name: string;
  item: number;
  chosen: boolean;
  shown: AttentionShown;
  /** NaN for none. */
  value: number;
  onImages: boolean;
  onChoose(item: number): void;
}

const LATER_MILLISECONDS = 200;

export class GalleryItem extends Component<Props> {
  private later: ReturnType<typeof setTimeout> | undefined;

  shouldComponentUpdate(): boolean {
    clearTimeout(this.later);
    const unseen = this.base instanceof Element && this.base.hasAttribute("data-unseen");
    if (unseen) this.later = setTimeout(() => this.forceUpdate(), LATER_MILLISECONDS);
    return !unseen;
  }

  componentWillUnmount(): void {
    clearTimeout(this.later);
  }

  render({ name, item, chosen, shown, value, onImages, onChoose }: Props) {
    return (
      <button
        type="button"
        class="gallery-item"
        aria-pressed={chosen}
        aria-label={name}
        data-item={item}
        onClick={() => onChoose(item)}
      >
        <div class="gallery-pictures">
          {shown.sides.map((side) => (
            <div key={side.side}>
              {onImages && <Pictures shown={shown} side={side} small fixed />}
              {side.readings.words?.part?.chosen && side.wordWeights && (
                <TokenStrip
                  positions={side.readings.words.positions}
                  weights={side.wordWeights}
                  scale={shown.wordScale}
                  table={shown.wordTable}
                />
              )}
            </div>
          ))}
        </div>
        <p>
          {name}
          {!Number.isNaN(value) && (
            <span class="muted">{shown.asDifference ? formatSigned(value) : formatNumber(value)}</span>
          )}
        </p>
      </button>
    );
  }
}
