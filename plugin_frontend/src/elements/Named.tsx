/** A text with the side that it is of, where that has to be told. */

export function Named({ side, text }: { side: "a" | "b" | null; text: string }) {
  return (
    <>
      {side && <span class={`chip ${side}`}>{side.toUpperCase()}</span>} {text}
    </>
  );
}
