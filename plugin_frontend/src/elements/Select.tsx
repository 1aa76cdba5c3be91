/** A native drop-down list, labelled. */

export interface Option {
  value: string;
  label: string;
  group?: string;
}

interface Props {
  label: string;
  options: readonly Option[];
  value: string;
  /** Show the label, rather than only speak it. */
  labelled?: boolean;
  onChoose(value: string): void;
}

export function Select({ label, options, value, labelled, onChoose }: Props) {
  const groups = [...new Set(options.map(({ group }) => group))];
  const listed = (group: string | undefined) =>
    options
      .filter((option) => option.group === group)
      .map((option) => (
        <option key={option.value} value={option.value} selected={option.value === value}>
          {option.label}
        </option>
      ));
  return (
    <label class="select">
      {labelled && <span class="select-label">{label}</span>}
      <select
        aria-label={label}
        value={value}
        onChange={(event) => onChoose((event.target as HTMLSelectElement).value)}
      >
        {groups.map((group) =>
          group ? (
            <optgroup key={group} label={group}>
              {listed(group)}
            </optgroup>
          ) : (
            listed(group)
          ),
        )}
      </select>
    </label>
  );
}
