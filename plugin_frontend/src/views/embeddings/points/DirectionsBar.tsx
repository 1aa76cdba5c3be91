/** The custom axes: what each leads from and to. */

import { directionsShown, manifestOf, tokenGroupsShown } from "../../../data";
import { Select } from "../../../elements/Select";
import { directionTitle, readDirection, writeDirection, type TokenGroup } from "../../../lib/directions";
import { findSequence } from "../../../lib/blocks";
import { formatToken } from "../../../lib/format";
import { select, selection } from "../../../state";

const NAMES = ["x", "y", "z"];

export function DirectionsBar() {
  const { inSpace, tag, sequence, tokens } = selection.value;
  const groups = tokenGroupsShown.value;
  const shown = directionsShown.value;
  const count = inSpace ? 3 : 2;
  const manifest = manifestOf.a.value.value;
  const word = manifest && sequence !== null ? findSequence(manifest, sequence)?.tokens[tokens[0]] : undefined;
  const token =
    tag !== null && sequence !== null && tokens.length > 0 && word !== undefined
      ? { written: writeDirection({ kind: "token", tag, sequence, token: tokens[0] }), word: formatToken(word) }
      : null;
  const change = (axis: number, written: string) => {
    const directions = Array.from({ length: count }, (_, place) => shown[place] ?? "");
    directions[axis] = written;
    select({ directions });
  };
  return (
    <div class="directions" data-testid="directions">
      {NAMES.slice(0, count).map((name, axis) => (
        <Axis
          key={name}
          name={name}
          written={shown[axis] ?? ""}
          groups={groups}
          token={token}
          onChange={(written) => change(axis, written)}
        />
      ))}
      {shown.filter(Boolean).length < count && <span class="warning">Choose what each axis leads from and to.</span>}
    </div>
  );
}

interface AxisProps {
  name: string;
  written: string;
  groups: readonly TokenGroup[];
  token: { written: string; word: string } | null;
  onChange(written: string): void;
}

function Axis({ name, written, groups, token, onChange }: AxisProps) {
  const direction = readDirection(written);
  const options = groups.map(({ value, label }) => ({ value, label }));
  const [first, second] = [groups[0]?.value ?? "", groups[1]?.value ?? ""];
  const { from, to } = direction?.kind === "difference" ? direction : { from: second, to: first };
  const between = (ends: { from: string; to: string }) => writeDirection({ kind: "difference", ...ends });
  return (
    <div class="direction" role="group" aria-label={`Axis ${name}`}>
      <b>{name}</b>
      {direction?.kind === "token" ? (
        <>
          <span class="chip">{directionTitle(direction, groups, token?.written === written ? token.word : null)}</span>
          <button type="button" class="quiet" onClick={() => onChange(between({ from, to }))}>
            groups instead
          </button>
        </>
      ) : (
        <>
          <Select label={`Axis ${name} leads to`} options={options} value={to} onChoose={(value) => onChange(between({ from, to: value }))} />
          <span aria-hidden="true">−</span>
          <Select label={`Axis ${name} leads from`} options={options} value={from} onChoose={(value) => onChange(between({ from: value, to }))} />
        </>
      )}
      {token && token.written !== written && (
        <button
          type="button"
          class="quiet"
          title="The direction of the chosen token's state at the first step"
          data-testid={`token-direction-${name}`}
          onClick={() => onChange(token.written)}
        >
          towards “{token.word}”
        </button>
      )}
    </div>
  );
}
