import { stepOf } from "../../catalogue";
import { historiesOf } from "../../cohorts";
import { magnitudeTable } from "../../comparison";
import type { HeadValues } from "../../elements/HeadMatrix";
import { Notice } from "../../elements/Panel";
import { Sparkline } from "../../elements/Sparkline";
import { formatNumber, formatStep } from "../../lib/format";
import { headKey } from "../../lib/heads";
import { sequentialScale, type Scale } from "../../lib/scale";
import type { Head, Side } from "../../lib/selection";
import type { AttentionBlock, CohortHistory, Statistic } from "../../schema";
import { selection } from "../../state";
import { BlockSection, type SectionMatrix } from "./BlockSection";
import { emergenceOf, headOverSteps, historyRange, sameHistory } from "./history";
import type { HeadsShown } from "./shown";

interface SideHistory {
  side: Side;
  history: CohortHistory;
}

interface Props {
  shown: HeadsShown;
  statistic: Statistic;
  passing: Set<string> | null;
}

/** Below this a line says nothing, in rem. */
const LEGIBLE = 1;

/** A tiny chart per head: the statistic over the steps. */
export function OverStepsBlocks({ shown, statistic, passing }: Props) {
  return (
    <div class="blocks">
      {blocksWithHistory(shown, statistic).map(({ block, histories }) => {
        if (!chartsFit(block.heads, histories.length)) {
          return <BlockSection key={block.name} block={block} matrices={[]} obstacle="Too many heads side by side for charts: show one checkpoint, or the list." />;
        }
        const ranges = histories.flatMap(({ history }) => historyRange(history, statistic.name) ?? []);
        const scale = sequentialScale([ranges]);
        return (
          <BlockSection
            key={block.name}
            block={block}
            note={ranges.length > 0 && `Every chart: ${formatNumber(scale.low)} to ${formatNumber(scale.high)}, step ${stepsOf(histories[0].history)}.`}
            matrices={histories.map((one) => charts(block, one, statistic.name, scale, histories.length > 1, passing))}
          />
        );
      })}
    </div>
  );
}

/** The step from which on a head does what it does at the end. */
export function EmergenceBlocks({ shown, statistic, passing }: Props) {
  if (selection.value.cohort === null) {
    return <Notice>One example does not tell when a head emerges. Choose samples above.</Notice>;
  }
  const blocks = blocksWithHistory(shown, statistic);
  const scale = emergenceScale(blocks.flatMap(({ histories }) => histories.map(({ history }) => history)));
  return (
    <div class="blocks">
      {blocks.map(({ block, histories }) => (
        <BlockSection
          key={block.name}
          block={block}
          matrices={histories.map((one) => emergence(block, one, statistic.name, scale, histories.length > 1, passing))}
        />
      ))}
    </div>
  );
}

/** From the first to the last step of all. */
export function emergenceScale(histories: readonly CohortHistory[]): Scale {
  const steps = histories.flatMap((history) => history.steps);
  const [low, high] = [Math.min(...steps), Math.max(...steps)];
  return { low, high: high > low ? high : low + 1, diverging: false };
}

/** The histories of a block by side; a run that stands on both sides with the same samples comes once. */
export function blocksWithHistory({ front, sides }: HeadsShown, statistic: Statistic) {
  const blocks = front?.manifest.attention ?? [];
  return blocks.flatMap((block): { block: AttentionBlock; histories: SideHistory[] }[] => {
    const histories: SideHistory[] = [];
    for (const side of sides) {
      const found = historiesOf[side].value.value;
      const history = found?.statistic === statistic.name ? found.blocks.get(block.name) : undefined;
      if (history && !histories.some((known) => sameHistory(known.history, history))) histories.push({ side, history });
    }
    const says = histories.some(({ history }) => historyRange(history, statistic.name) !== null);
    return says ? [{ block, histories }] : [];
  });
}

function charts(
  block: AttentionBlock,
  { side, history }: SideHistory,
  statistic: string,
  scale: Scale,
  named: boolean,
  passing: Set<string> | null,
): SectionMatrix {
  const at = stepOf[side].value;
  return {
    side,
    named,
    scale,
    table: magnitudeTable(false),
    values: valuesAt(block, history, statistic, at),
    charts: true,
    format: formatNumber,
    look: (line, head) => {
      const over = headOverSteps(history, statistic, line, head);
      const since = head === "mean" ? null : emergenceOf(history, statistic, line, head);
      const known = over.values.some((value) => !Number.isNaN(value));
      return {
        detail: since === null ? undefined : `emerges at step ${formatStep(since)}`,
        quiet: quietIn(block, line, head, passing),
        chart: known && <Sparkline {...over} scale={scale} at={at} since={since} kind={side} />,
      };
    },
  };
}

function emergence(
  block: AttentionBlock,
  { side, history }: SideHistory,
  statistic: string,
  scale: Scale,
  named: boolean,
  passing: Set<string> | null,
): SectionMatrix {
  const last = valuesAt(block, history, statistic, null);
  const values = last.values.map((value, index) => {
    const step = emergenceOf(history, statistic, Math.floor(index / block.heads), index % block.heads);
    return step ?? (Number.isNaN(value) ? NaN : NEVER);
  });
  return {
    side,
    named,
    scale,
    table: magnitudeTable(false),
    values: { ...last, values },
    withoutMean: true,
    format: (value) => (value === NEVER ? "does not emerge" : Number.isNaN(value) ? formatNumber(value) : formatStep(value)),
    look: (line, head) => ({
      blank: head !== "mean" && values[line * block.heads + head] === NEVER,
      quiet: quietIn(block, line, head, passing),
    }),
  };
}

const NEVER = -1;

/** The values at a step, the last one where that has none. */
function valuesAt(block: AttentionBlock, { statistics, steps, layers, heads, mean, layerMean }: CohortHistory, statistic: string, step: number | null): HeadValues {
  const index = Math.max(0, step === null || !steps.includes(step) ? steps.length - 1 : steps.indexOf(step));
  const place = statistics.indexOf(statistic) * steps.length + index;
  return {
    layers: block.layers,
    heads,
    values: mean.subarray(place * layers * heads, (place + 1) * layers * heads),
    layerMean: layerMean.subarray(place * layers, (place + 1) * layers),
  };
}

function quietIn(block: AttentionBlock, line: number, head: Head, passing: Set<string> | null) {
  if (head === "mean" || passing === null) return undefined;
  return passing.has(headKey(block.name, { layer: block.layers[line], head })) ? undefined : ("hidden" as const);
}

function stepsOf({ steps }: CohortHistory): string {
  return `${formatStep(steps[0])} to ${formatStep(steps[steps.length - 1])}`;
}

/** As wide as the matrix makes its cells (styles/matrix.css). */
function chartsFit(heads: number, sides: number): boolean {
  return (44 / sides - 5) / heads >= LEGIBLE;
}
