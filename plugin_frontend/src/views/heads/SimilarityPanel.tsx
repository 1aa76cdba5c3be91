import { chooseHead } from "../../actions";
import { magnitudeTable, obstacle } from "../../comparison";
import { CellMatrix } from "../../elements/CellMatrix";
import { Legend } from "../../elements/Legend";
import { Notice, Panel } from "../../elements/Panel";
import { Segmented } from "../../elements/Segmented";
import { similarityOf } from "../../head_panels";
import type { ColourTable } from "../../lib/colour";
import { formatBlock, formatCount, formatNumber, formatSigned } from "../../lib/format";
import { headName, parseHead } from "../../lib/heads";
import { divergingScale, sequentialScale, type Scale } from "../../lib/scale";
import { groupColour, segments } from "../../lib/segments";
import type { Side } from "../../lib/selection";
import type { HeadSimilarity } from "../../schema";
import { select, selection, visibleSides } from "../../state";
import { ComparedHeads } from "./ComparedHeads";
import { Matching } from "./Matching";
import { headAt, headOrder, indexOfHead, inOrder, nearestHeads, similarityChange } from "./similarity";

const LISTED = 10;

interface Shown {
  side: Side | "both";
  found: HeadSimilarity;
}

/** Which heads of a block look at the same things. */
export function SimilarityPanel() {
  const { arranged, mode } = selection.value;
  const sides = visibleSides.value;
  const progress = sides.map((side) => similarityOf[side]);
  const failed = progress.find(({ error }) => error.value !== null);
  const asDifference = mode === "difference";
  const loaded = sides.flatMap((side): Shown[] => {
    const found = similarityOf[side].value.value;
    return found ? [{ side, found }] : [];
  });
  const change = asDifference && loaded.length === 2 ? similarityChange(loaded[0].found, loaded[1].found) : null;
  const shown: Shown[] = obstacle.value !== null ? [] : !asDifference ? loaded : change ? [{ side: "both", found: change }] : [];
  const arrays = shown.map(({ found }) => found.divergence);
  const scale = asDifference ? divergingScale(arrays) : sequentialScale(arrays, true);
  const table = magnitudeTable(asDifference);
  const [front] = shown;
  return (
    <Panel
      testId="similarity"
      title={front && `Similarity of heads, ${formatBlock(front.found.block)}`}
      loading={progress.some(({ loading }) => loading.value)}
      error={failed?.error.value}
      onRetry={failed?.retry}
      aside={
        <Segmented
          name="Order of the heads"
          value={arranged}
          choices={[
            { value: "clusters", label: "by cluster", title: "Heads that look alike lie together" },
            { value: "layers", label: "by layer", title: "In the order of the layers" },
          ]}
          onChoose={(value) => select({ arranged: value })}
        />
      }
    >
      {obstacle.value !== null && <Notice>{obstacle}</Notice>}
      {asDifference && loaded.length === 2 && !change && <Notice>A and B have different heads in this block.</Notice>}
      {front && (
        <>
          <p class="description">
            Jensen–Shannon divergence of what two heads look at: 0 means the same, 0.693 (ln 2) nothing in common.{" "}
            {front.found.note || sampleCounts(front.found)}
          </p>
          <div class="similarity">
            {shown.map((one) => (
              <Matrix key={one.side} {...one} labelled={shown.length > 1} scale={scale} table={table} signed={asDifference} />
            ))}
            <div class="similarity-aside">
              <Legend scale={scale} table={table} title={asDifference ? "divergence, B − A" : "divergence"} unit="nats" />
              <Nearest found={front.found} signed={asDifference} />
            </div>
          </div>
          <ComparedHeads block={front.found.block} />
          <Matching />
        </>
      )}
    </Panel>
  );
}

interface MatrixProps extends Shown {
  labelled: boolean;
  scale: Scale;
  table: ColourTable;
  signed: boolean;
}

function Matrix({ side, found, labelled, scale, table, signed }: MatrixProps) {
  const { arranged, layer, head, comparedHead } = selection.value;
  const order = headOrder(found, arranged);
  const values = inOrder(found.divergence, order);
  const count = order.length;
  const groups = { segments: segments(order.map((index) => found.cluster[index])), colourOf: groupColour };
  const layers = { segments: segments(order.map((index) => found.layer[index])) };
  const bars = arranged === "layers" ? [layers, groups] : [groups];
  const place = (wanted: Parameters<typeof indexOfHead>[1]) => order.indexOf(indexOfHead(found, wanted));
  const format = signed ? formatSigned : formatNumber;
  const named = (at: number) => `layer ${found.layer[order[at]]}, head ${found.head[order[at]]}`;
  return (
    <figure class="similarity-matrix" data-testid={`similarity-${side}`}>
      {labelled && (
        <figcaption>
          <span class={`chip ${side}`}>{side.toUpperCase()}</span>
        </figcaption>
      )}
      <CellMatrix
        label={`Divergence between ${count} heads of ${formatBlock(found.block)}${side === "both" ? ", B minus A" : `, ${side.toUpperCase()}`}`}
        rows={count}
        columns={count}
        values={values}
        scale={scale}
        table={table}
        rowBars={bars}
        columnBars={bars}
        row={place({ layer, head })}
        column={place(comparedHead === null ? null : parseHead(comparedHead))}
        describe={(row, column) => (
          <>
            <b>{format(values[row * count + column])}</b>
            {[row, column].map((at) => (
              <div key={at}>
                <i class="swatch" style={{ background: groupColour(found.cluster[order[at]]) }} /> {named(at)}, cluster{" "}
                {found.cluster[order[at]]}
              </div>
            ))}
          </>
        )}
        speak={(row, column) => `${named(row)} and ${named(column)}: ${format(values[row * count + column])}`}
        onChoose={(row, column) => {
          const [one, other] = [headAt(found, order[row]), headAt(found, order[column])];
          chooseHead(found.block, one.layer, one.head);
          select({ comparedHead: row === column ? null : headName(other) });
        }}
      />
    </figure>
  );
}

/** The heads most like the chosen one. */
function Nearest({ found, signed }: { found: HeadSimilarity; signed: boolean }) {
  const { layer, head, comparedHead } = selection.value;
  const index = indexOfHead(found, { layer, head });
  if (index < 0) return <p class="muted">Choose a head in the matrix to see which are most like it.</p>;
  const near = nearestHeads(found, index, signed, LISTED);
  const largest = Math.max(...near.map(({ divergence }) => Math.abs(divergence))) || 1;
  return (
    <section class="nearest" data-testid="nearest">
      <h3>
        {signed ? "Changed most towards" : "Most like"} layer {layer}, head {String(head)}
      </h3>
      <ol>
        {near.map((other) => (
          <li key={headName(other)}>
            <button
              type="button"
              aria-pressed={comparedHead === headName(other)}
              onClick={() => select({ comparedHead: comparedHead === headName(other) ? null : headName(other) })}
            >
              <i class="swatch" style={{ background: groupColour(other.cluster) }} title={`cluster ${other.cluster}`} />
              <span>
                layer {other.layer}, head {other.head}
              </span>
              <i class="bar" style={{ width: `${(100 * Math.abs(other.divergence)) / largest}%` }} data-negative={other.divergence < 0} />
              <b>{(signed ? formatSigned : formatNumber)(other.divergence)}</b>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

function sampleCounts({ samples, rows }: HeadSimilarity): string {
  return `Mean over ${formatCount(rows)} rows of attention of ${samples} ${samples === 1 ? "sample" : "samples"}.`;
}
