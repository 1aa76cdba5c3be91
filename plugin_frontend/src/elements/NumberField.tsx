/** A number to be typed; it counts when the field is left or Enter is pressed. */

interface Props {
  label: string;
  value: number;
  least: number;
  most: number;
  step: number;
  testId?: string;
  onChange(value: number): void;
}

export function NumberField({ label, value, least, most, step, testId, onChange }: Props) {
  const commit = (field: HTMLInputElement) => {
    const number = field.valueAsNumber;
    if (Number.isNaN(number)) field.value = String(value);
    else if (number !== value) onChange(Math.min(most, Math.max(least, number)));
  };
  return (
    <label class="number-field">
      <span>{label}</span>
      <input
        type="number"
        min={least}
        max={most}
        step={step}
        value={value}
        data-testid={testId}
        onBlur={(event) => commit(event.currentTarget)}
        onKeyDown={(event) => event.key === "Enter" && commit(event.currentTarget)}
      />
    </label>
  );
}
