/** The keys, and what things mean. */

import { useEffect, useRef } from "preact/hooks";

const KEYS: readonly [string[], string][] = [
  [["1", "2", "3", "4"], "heads, attention, embeddings, relevancy"],
  [["←", "→"], "previous, next step"],
  [["space"], "play steps, tokens or layers"],
  [["↑", "↓"], "previous, next example (also K, J)"],
  [["[", "]"], "previous, next layer; in Relevancy: method"],
  [[",", "."], "previous, next head; in Relevancy: explained word"],
  [["P"], "play the tokens; in Relevancy: the explained words"],
  [["S"], "A and B side by side"],
  [["D"], "difference B − A"],
  [["A", "B"], "only A, only B"],
  [["M"], "smooth or raw patches"],
  [["+", "−", "0"], "in the matrix: closer, farther, the whole"],
  [["⇧"], "in the matrix: arrows move the view, click chooses the key"],
  [["/"], "search the examples"],
  [["?"], "this help"],
];

export function HelpDialog({ onClose }: { onClose(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal?.(), []);
  return (
    <dialog
      ref={dialog}
      class="help"
      aria-label="Help"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div class="help-body">
        <h2>Keys</h2>
        <dl class="keys">
          {KEYS.map(([keys, meaning]) => (
            <div key={meaning}>
              <dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
        <h2>Reading the page</h2>
        <ul>
          <li>A and B are two checkpoints. Shift-click on the steps sets B.</li>
          <li>What stands side by side shares one colour scale.</li>
          <li>Hatched means not defined or not logged, never zero.</li>
          <li>Tokens and patches: Ctrl-click adds, Shift-click takes all up to there, double click the whole word; drag over the image for a region.</li>
          <li>In the Attention view Ctrl-click adds heads; a layer's number takes all its heads.</li>
          <li>A row of attention sums to 1 over everything the token may look at.</li>
        </ul>
        <button type="button" class="button" onClick={onClose}>
          Close
        </button>
      </div>
    </dialog>
  );
}
