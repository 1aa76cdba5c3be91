import { chooseRun, modeObstacle, moveTo, showMode, swapSides } from "../../actions";
import { exampleOf, runOf, runs, stepOf } from "../../catalogue";
import { Player } from "../../elements/Player";
import { Segmented } from "../../elements/Segmented";
import { Select } from "../../elements/Select";
import { StepSlider, type SliderTrack } from "../../elements/StepSlider";
import { formatStep } from "../../lib/format";
import type { Mode, Side } from "../../lib/selection";
import { choosePlayed, chooseSpeed, offeredToPlay, played, togglePlay } from "../../play";
import { playing, playSpeed, selection, type Played } from "../../state";

const SUBJECTS: Record<Played, string> = { steps: "steps", tokens: "tokens", layers: "layers", words: "words" };

export function Toolbar() {
  const a = trackOf("a");
  return (
    <div class="toolbar" data-testid="toolbar">
      <RunPicker side="a" />
      <button
        type="button"
        class="quiet icon"
        aria-label="Swap A and B"
        title="Swap A and B"
        disabled={runOf.b.value === null}
        onClick={swapSides}
      >
        ⇄
      </button>
      <RunPicker side="b" />
      {a ? <StepSlider a={a} b={trackOf("b")} onMove={moveTo} /> : <div class="slider" />}
      <Player
        subjects={offeredToPlay.value.map((value) => ({ value, label: SUBJECTS[value] }))}
        subject={played.value}
        playing={playing.value}
        speed={playSpeed.value}
        onToggle={() => togglePlay()}
        onSubject={choosePlayed}
        onSpeed={chooseSpeed}
      />
      <ModePicker />
    </div>
  );
}

function trackOf(side: Side): SliderTrack | null {
  const [example, step] = [exampleOf[side].value, stepOf[side].value];
  return example && step !== null ? { steps: example.steps, correct: example.correct, step } : null;
}

function RunPicker({ side }: { side: Side }) {
  const run = runOf[side].value;
  const step = stepOf[side].value;
  const options = runs.value?.runs.map((summary) => ({ value: summary.run, label: summary.run })) ?? [];
  const none = side === "b" ? [{ value: "", label: "none" }] : [];
  return (
    <div class={`run-picker ${side}`} data-testid={`run-${side}`} data-empty={run === null}>
      <span class={`chip ${side}`}>{side.toUpperCase()}</span>
      <Select
        label={`Run ${side.toUpperCase()}`}
        options={[...none, ...options]}
        value={run ?? ""}
        onChoose={(chosen) => chooseRun(side, chosen || null)}
      />
      {step !== null && (
        <span class="run-step" data-testid={`step-${side}`}>
          @ {formatStep(step)}
        </span>
      )}
    </div>
  );
}

function ModePicker() {
  const shown = selection.value.mode;
  const choice = (value: Mode, label: string, title: string) => ({
    value,
    label,
    title,
    disabled: modeObstacle(value),
  });
  return (
    <Segmented
      name="Compare"
      class="modes"
      value={shown}
      choices={[
        choice("a", "A", "Only A (A)"),
        choice("b", "B", "Only B (B)"),
        choice("ab", "A | B", "A and B side by side (S)"),
        choice("difference", "B − A", "What changed from A to B (D)"),
      ]}
      onChoose={showMode}
    />
  );
}
