import { obstacle } from "../../../comparison";
import { lensOf } from "../../../data";
import { Legend } from "../../../elements/Legend";
import { Notice, Panel } from "../../../elements/Panel";
import { Segmented } from "../../../elements/Segmented";
import { Select } from "../../../elements/Select";
import type { LensColour, LensRows } from "../../../lib/selection";
import { select, selection, visibleSides } from "../../../state";
import { LayerSlider } from "../LayerSlider";
import { LensCharts } from "./LensCharts";
import { LensOfSide } from "./LensOfSide";
import { answersSaid, hasBoth, lensTable, OTHER_CELLS, shownLens, type LensShown } from "./shown";
import { Unlogged } from "./Unlogged";

export function LensPanel() {
  const progress = visibleSides.value.map((side) => lensOf[side]);
  const failed = progress.find(({ error }) => error.value !== null);
  const shown = shownLens();
  const frames = progress.flatMap(({ value }) => value.value ?? []);
  const lacking = frames.some(({ lenses }) => lenses.length === 0);
  return (
    <div class="lens-panel" data-sides={shown?.sides.length ?? 1}>
      <Panel
        class="lens-main"
        testId="lens"
        loading={progress.some(({ loading }) => loading.value)}
        error={failed?.error.value}
        onRetry={failed?.retry}
        title={shown ? <Layers shown={shown} /> : "Logit lens"}
        aside={shown && <Controls shown={shown} />}
      >
        {obstacle.value !== null ? (
          <Notice>{obstacle.value}</Notice>
        ) : (
          <>
            {lacking && <Unlogged leftOut={frames.flatMap(({ manifest }) => manifest.left_out)} />}
            {shown?.difference && shown.sides[0].before === null && shown.sides.length > 1 && <Notice>{OTHER_CELLS}</Notice>}
            {shown && (
              <>
                <div class="lens-sides">
                  {shown.sides.map((side) => (
                    <LensOfSide key={side.side} shown={shown} side={side} compared={visibleSides.value.length > 1} />
                  ))}
                </div>
                <LensLegend shown={shown} />
              </>
            )}
          </>
        )}
      </Panel>
      {shown && obstacle.value === null && <LensCharts shown={shown} />}
    </div>
  );
}

function Layers({ shown }: { shown: LensShown }) {
  const { layers } = shown.sides[0].lens;
  return <LayerSlider layers={layers} layer={layers[shown.layer]} onChoose={(depth) => select({ depth })} />;
}

function Controls({ shown }: { shown: LensShown }) {
  const { lens, manifest } = shown.sides[0];
  const unknown = lens.answer ? null : "No final answer was logged for this example.";
  const choices: { value: LensColour; label: string; title: string; disabled?: string | null }[] = [
    { value: "probability", label: "top word", title: "Colours: probability of the most probable output" },
    { value: "answer", label: "answer", title: "Colours: probability of the final answer", disabled: unknown },
    { value: "rank", label: "rank", title: "Colours: how many outputs are as probable as the final answer or more", disabled: unknown },
    { value: "depth", label: "depth", title: "Colours: the layer from which on the top word is the one of the last layer" },
  ];
  return (
    <>
      {manifest.logit_lens.length > 1 && (
        <Select
          label="Sequence"
          options={manifest.logit_lens.map(({ sequence }) => ({ value: sequence, label: sequence }))}
          value={lens.sequence}
          onChoose={(sequence) => select({ sequence, tokens: [] })}
        />
      )}
      {hasBoth(shown.sides[0]) && (
        <Segmented<LensRows>
          name="Rows of the table"
          value={selection.value.lensRows}
          choices={[
            { value: "words", label: "words", title: "Text tokens in the table" },
            { value: "patches", label: "patches", title: "Image tokens in the table" },
            { value: "all", label: "all tokens" },
          ]}
          onChoose={(lensRows) => select({ lensRows })}
        />
      )}
      <Segmented name="Colours say" choices={choices} value={shown.colour} onChoose={(lensColour) => select({ lensColour })} />
    </>
  );
}

function LensLegend({ shown }: { shown: LensShown }) {
  const { colour, scale, sides } = shown;
  const said = answersSaid(sides.flatMap(({ lens, before }) => [before, lens]));
  const titles: Record<LensColour, string> = {
    probability: "Probability of the top word",
    answer: `Probability of the answer ${said}`,
    rank: `Rank of the answer ${said}`,
    depth: "Layer from which on the top word stays",
  };
  const [words, pictures] = [lensTable(shown, "words"), lensTable(shown, "pictures")];
  const apart = words !== pictures && sides.some(({ lens, sequence }) => lens.positions.some((one) => sequence.modality[one] === "image"));
  const asDifference = scale.diverging ? ", B − A" : "";
  const note = scale.diverging && (colour === "rank" || colour === "depth") ? "less: earlier" : undefined;
  return (
    <footer class="lens-legend">
      <Legend
        scale={scale}
        table={words}
        title={`${titles[colour]}${asDifference}${apart ? ", table" : ""}`}
        unit=""
        note={note}
      />
      {apart && <Legend scale={scale} table={pictures} title={`${titles[colour]}${asDifference}, image`} unit="" note={note} />}
      <p class="muted description">
        The output head reads the hidden states of every layer as if it were the last.
        {sides[0].lens.answer && ` Answer: ${lowered(sides[0].lens.answer.is)}`}
      </p>
    </footer>
  );
}

function lowered(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
