/** Buttons of which any number may be pressed. */

import type { ComponentChildren } from "preact";

export interface Toggle {
  value: string;
  label: ComponentChildren;
  title?: string;
  pressed: boolean;
}

interface Props {
  name: string;
  toggles: readonly Toggle[];
  onToggle(value: string): void;
  /** Press this one and no other. */
  onOnly(value: string): void;
}

export function Toggles({ name, toggles, onToggle, onOnly }: Props) {
  return (
    <div class="toggles" role="group" aria-label={name}>
      {toggles.map(({ value, label, title, pressed }) => (
        <button
          key={value}
          type="button"
          class="toggle"
          aria-pressed={pressed}
          data-value={value}
          title={title}
          onClick={() => onToggle(value)}
          onDblClick={() => onOnly(value)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
