/** The keys, and what things mean. */

import { useEffect, useRef } from "preact/hooks";

const KEYS: readonly [string[], string][] = [
  [["1", "2", "3", "4", "5"], "heads, attention, embeddings, relevancy, examples"],
  [["←", "→"], "previous, next step"],
  [["space"], "play steps, tokens or layers"],
  [["↑", "↓"], "previous, next example (also K, J)"],
  [["[", "]"], "previous, next layer; in Relevancy: method"],
  [[",", "."], "previous, next head; in Relevancy: explained word"],
  [["X"], "pick the chosen head, or let go of it (also Ctrl-click)"],
  [["P"], "play the tokens; in Relevancy: the explained words"],
  [["S"], "A and B side by side"],
  [["D"], "difference B − A"],
  [["A", "B"], "only A, only B"],
  [["M"], "smooth or raw patches"],
  [["+", "−", "0"], "in the matrix: closer, farther, the whole"],
  [["⇧"], "in the matrix: arrows move the view, click chooses the key"],
  [["+", "−", "0"], "in a plot of points: closer, farther, all; arrows move or turn it, ⇧ arrows move a space"],
  [["⇧"], "in a plot of points: drag around points to select them; Esc gives up"],
  [["←", "→", "↑", "↓"], "in the table of the logit lens: layer and token"],
  [["I"], "card of the chosen token"],
  [["N", "⇧N"], "in Embeddings: next, previous point (found, selected, or shown)"],
  [["/"], "search the examples"],
  [["Enter"], "in Examples: open the chosen one in Attention"],
  [["?"], "this help"],
];

export function HelpDialog({ onClose, onTour }: { onClose(): void; onTour(): void }) {
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
          <li>In the scatter plot of heads drag a rectangle to pick, with Ctrl a free line; Shift adds.</li>
          <li>In the Attention view Ctrl-click adds heads; a layer's number takes all its heads.</li>
          <li>A row of attention sums to 1 over everything the token may look at.</li>
        </ul>
        <div class="help-end">
          <button type="button" class="button" onClick={onTour}>
            Take the tour
          </button>
          <button type="button" class="button" onClick={onClose}>
            Close
          </button>
        </div>
      </div>
    </dialog>
  );
}
