/** A slider over numbers in a list, which need not be evenly spaced. */

interface Props {
  label: string;
  values: readonly number[];
  value: number;
  /** How a number is spoken. */
  describe(value: number): string;
  title?: string;
  onChoose(value: number): void;
}

export function IndexSlider({ label, values, value, describe, title, onChoose }: Props) {
  return (
    <input
      type="range"
      class="index-slider"
      min={0}
      max={values.length - 1}
      step={1}
      value={values.indexOf(value)}
      aria-label={label}
      aria-valuetext={describe(value)}
      title={title}
      onInput={(event) => onChoose(values[Number((event.target as HTMLInputElement).value)])}
      onKeyDown={(event) => event.key.startsWith("Arrow") && event.stopPropagation()}
    />
  );
}
