/** A triangle to begin, two bars to pause. */
export function PlayIcon({ playing }: { playing: boolean }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <path d={playing ? "M4 3h3v10H4zM9 3h3v10H9z" : "M4 2.5 13.5 8 4 13.5z"} />
    </svg>
  );
}
