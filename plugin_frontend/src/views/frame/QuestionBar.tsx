import { manifestOf } from "../../data";
import { Verdict } from "../../elements/ExampleCard";
import { formatNumber } from "../../lib/format";
import type { Manifest } from "../../schema";
import { select, selection, visibleSides } from "../../state";

/** What was asked, what was answered at each of the checkpoints shown, and what is known besides. */
export function QuestionBar() {
  const sides = visibleSides.value;
  const front = manifestOf[sides[0]].value.value;
  if (!front) return <div class="question" />;
  const fields = Object.entries(front.fields);
  return (
    <div class="question" data-testid="question">
      <p class="question-text">{front.text || front.tag}</p>
      {sides.map((side) => {
        const manifest = manifestOf[side].value.value;
        return (
          manifest && (
            <span class="answer" key={side} data-testid={`answer-${side}`}>
              {sides.length > 1 && <span class={`chip ${side}`}>{side.toUpperCase()}</span>}
              <Verdict {...manifest} />
            </span>
          )
        );
      })}
      {sides.length === 1 && fields.length > 0 && (
        <span class="fields muted">
          {fields.map(([name, value]) => (
            <span key={name}>
              {name} {typeof value === "number" ? formatNumber(value) : String(value)}
            </span>
          ))}
        </span>
      )}
      <div class="question-end">
        <CardButton />
        <Origin manifest={front} />
      </div>
    </div>
  );
}

function CardButton() {
  const { card, view } = selection.value;
  if (view === "heads") return null;
  return (
    <button
      type="button"
      class="quiet"
      data-testid="card"
      aria-pressed={card}
      title="All about the chosen token (I)"
      onClick={() => select({ card: !card })}
    >
      token card
    </button>
  );
}

/** Where the numbers come from and what was not kept. */
function Origin({ manifest }: { manifest: Manifest }) {
  const known = Object.entries(manifest.provenance);
  if (known.length === 0 && manifest.left_out.length === 0) return null;
  return (
    <details class="origin">
      <summary title="Where these numbers come from">
        origin{manifest.left_out.length > 0 && ` · ${manifest.left_out.length} not kept`}
      </summary>
      <div class="origin-body">
        {manifest.left_out.length > 0 && (
          <ul>
            {manifest.left_out.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        )}
        <dl>
          <div>
            <dt>logged</dt>
            <dd>{new Date(1000 * manifest.wall_time).toLocaleString()}</dd>
          </div>
          {known.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </div>
    </details>
  );
}
