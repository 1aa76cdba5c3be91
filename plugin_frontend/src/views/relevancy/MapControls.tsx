import { Select } from "../../elements/Select";
import { SeriesMark } from "../../elements/SeriesLegend";
import { Toggles } from "../../elements/Toggles";
import { WordPlayer } from "../../elements/WordPlayer";
import { formatToken } from "../../lib/format";
import { sameExplained } from "../../lib/maps";
import { chooseExplained, moveExplained, showOnlyMethod, toggleMethod } from "../../map_actions";
import { explainedOffered, explainedShown, methodsOffered, methodsShown, seriesFor } from "../../relevancy";
import { played, togglePlay } from "../../play";
import { playing } from "../../state";

/** Which methods are shown, and what they explain. */
export function MapControls() {
  const offered = explainedOffered.value;
  const generated = offered.some(({ position }) => position !== null);
  return (
    <div class="map-controls">
      <Methods />
      {offered.length > 1 && (generated ? <Words /> : <Targets />)}
    </div>
  );
}

function Methods() {
  const offered = methodsOffered.value;
  const shown = methodsShown.value;
  if (offered.length < 2) return null;
  return (
    <div class="control">
      <span class="control-label">Methods</span>
      <Toggles
        name="Methods"
        toggles={offered.map(({ name, title, description }) => ({
          value: name,
          pressed: shown.some((method) => method.name === name),
          title: `${description}\nClick: show beside the others. Double click: only this one ([ and ]).`.trim(),
          label: (
            <>
              <SeriesMark series={seriesFor(name)} /> {title}
            </>
          ),
        }))}
        onToggle={toggleMethod}
        onOnly={showOnlyMethod}
      />
    </div>
  );
}

/** The classes, or whole answers, that maps explain. */
function Targets() {
  const offered = explainedOffered.value;
  const index = offered.findIndex((explained) => sameExplained(explained, explainedShown.value));
  return (
    <div class="control" data-testid="targets">
      <Select
        label="Explained"
        labelled
        options={offered.map(({ target }, place) => ({ value: String(place), label: target || "the output" }))}
        value={String(index)}
        onChoose={(place) => chooseExplained(offered[Number(place)])}
      />
    </div>
  );
}

/** The answer's words, one after another. */
function Words() {
  const offered = explainedOffered.value;
  const index = offered.findIndex((explained) => sameExplained(explained, explainedShown.value));
  return (
    <div class="control">
      <span class="control-label">Explained</span>
      <WordPlayer
        words={offered.map(({ target, position }) => ({
          text: formatToken(target),
          title: position === null ? "the whole output" : `token ${position}`,
        }))}
        shown={index}
        playing={playing.value && played.value === "words"}
        onChoose={(place) => chooseExplained(offered[place])}
        onMove={moveExplained}
        onTogglePlay={() => togglePlay("words")}
      />
    </div>
  );
}
