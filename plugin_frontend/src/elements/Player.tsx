/** Plays one thing after another: what, and how fast. */

import { PlayIcon } from "./PlayIcon";
import { Select } from "./Select";

interface Props<T extends string> {
  subjects: readonly { value: T; label: string }[];
  /** Null where nothing can be played. */
  subject: T | null;
  playing: boolean;
  speed: number;
  onToggle(): void;
  onSubject(subject: T): void;
  onSpeed(speed: number): void;
}

export const SPEEDS = [0.5, 1, 2, 4] as const;

export function Player<T extends string>(props: Props<T>) {
  const { subjects, subject, playing, speed, onToggle } = props;
  const label = subjects.find(({ value }) => value === subject)?.label ?? "";
  return (
    <div class="player" role="group" aria-label="Play">
      <button
        type="button"
        class="quiet icon"
        data-testid="play"
        aria-label={playing ? "Pause" : `Play the ${label}`}
        title={playing ? "Pause (space)" : `Play the ${label} (space)`}
        disabled={subject === null}
        onClick={onToggle}
      >
        <PlayIcon playing={playing} />
      </button>
      {subjects.length > 1 && (
        <Select
          label="What to play"
          options={subjects}
          value={subject ?? ""}
          onChoose={(chosen) => props.onSubject(chosen as T)}
        />
      )}
      <Select
        label="Speed"
        options={SPEEDS.map((value) => ({ value: String(value), label: `${value}×` }))}
        value={String(speed)}
        onChoose={(chosen) => props.onSpeed(Number(chosen))}
      />
    </div>
  );
}
