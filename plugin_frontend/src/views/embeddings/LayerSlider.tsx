/** A slider over the layers that were logged. */

import { IndexSlider } from "../../elements/IndexSlider";

interface Props {
  layers: readonly number[];
  layer: number;
  onChoose(layer: number): void;
}

export function LayerSlider({ layers, layer, onChoose }: Props) {
  return (
    <label class="layer-slider">
      <span>
        layer <b data-testid="depth">{layer}</b>
      </span>
      <IndexSlider
        label="Layer of the hidden states"
        values={layers}
        value={layer}
        describe={(value) => `layer ${value}`}
        title="Layer ( [ and ] )"
        onChoose={onChoose}
      />
      <span class="muted">{layer === 0 && layers[0] === 0 ? "embeddings" : `of ${layers[layers.length - 1]}`}</span>
    </label>
  );
}
