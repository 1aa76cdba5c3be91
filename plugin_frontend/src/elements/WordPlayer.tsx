/** Words as buttons, to be stepped or played through. */

import { useLayoutEffect, useRef } from "preact/hooks";
import { PlayIcon } from "./PlayIcon";

interface Props {
  words: readonly { text: string; title: string }[];
  /** Place of the word shown. */
  shown: number;
  playing: boolean;
  onChoose(place: number): void;
  onMove(distance: number): void;
  onTogglePlay(): void;
}

export function WordPlayer({ words, shown, playing, onChoose, onMove, onTogglePlay }: Props) {
  const strip = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    strip.current?.querySelector("[aria-pressed=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [shown]);
  return (
    <div class="word-player" data-testid="word-player">
      <button type="button" class="quiet icon" aria-label="Previous word" title="Previous word (,)" disabled={shown <= 0} onClick={() => onMove(-1)}>
        ←
      </button>
      <button
        type="button"
        class="quiet icon"
        aria-label={playing ? "Pause the words" : "Play the words"}
        title={playing ? "Pause (P)" : "Play the words (P)"}
        onClick={onTogglePlay}
      >
        <PlayIcon playing={playing} />
      </button>
      <button type="button" class="quiet icon" aria-label="Next word" title="Next word (.)" disabled={shown >= words.length - 1} onClick={() => onMove(1)}>
        →
      </button>
      <div class="player-words" role="group" aria-label="Explained word" ref={strip}>
        {words.map(({ text, title }, place) => (
          <button key={place} type="button" class="player-word" aria-pressed={place === shown} title={title} onClick={() => onChoose(place)}>
            {text}
          </button>
        ))}
      </div>
    </div>
  );
}
