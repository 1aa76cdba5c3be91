/** A row of buttons of which one is pressed. */

import type { ComponentChildren } from "preact";

export interface Choice<T extends string> {
  value: T;
  label: ComponentChildren;
  title?: string;
  /** Why it can't be chosen now. */
  disabled?: string | null;
}

interface Props<T extends string> {
  name: string;
  choices: readonly Choice<T>[];
  value: T;
  class?: string;
  onChoose(value: T): void;
}

export function Segmented<T extends string>({ name, choices, value, onChoose, ...rest }: Props<T>) {
  return (
    <div class={`segmented ${rest.class ?? ""}`} role="group" aria-label={name}>
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          aria-pressed={choice.value === value}
          aria-disabled={choice.disabled ? "true" : undefined}
          title={choice.disabled ?? choice.title}
          data-value={choice.value}
          onClick={() => choice.disabled || onChoose(choice.value)}
        >
          {choice.label}
        </button>
      ))}
    </div>
  );
}
