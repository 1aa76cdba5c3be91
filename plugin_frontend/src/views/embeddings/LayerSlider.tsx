/** A slider over the layers that were logged. */

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
      <input
        type="range"
        min={0}
        max={layers.length - 1}
        step={1}
        value={layers.indexOf(layer)}
        aria-label="Layer of the hidden states"
        aria-valuetext={`layer ${layer}`}
        title="Layer ( [ and ] )"
        onInput={(event) => onChoose(layers[Number((event.target as HTMLInputElement).value)])}
        onKeyDown={(event) => event.key.startsWith("Arrow") && event.stopPropagation()}
      />
      <span class="muted">{layer === 0 && layers[0] === 0 ? "embeddings" : `of ${layers[layers.length - 1]}`}</span>
    </label>
  );
}
