import { exampleOf, refresh, runs, runsError } from "../../catalogue";
import { download, headingOf, type Format } from "../../export/downloads";
import { HelpDialog } from "../../elements/HelpDialog";
import { Notice, Panel } from "../../elements/Panel";
import { PanelDownloads } from "../../elements/PanelDownload";
import { Tooltip } from "../../elements/Tooltip";
import type { View } from "../../lib/selection";
import { helpShown, selection, tourStop } from "../../state";
import { cardShown } from "../../token_card";
import { AttentionView } from "../attention/AttentionView";
import { EmbeddingsView } from "../embeddings/EmbeddingsView";
import { ExamplesView } from "../examples/ExamplesView";
import { HeadsView } from "../heads/HeadsView";
import { RelevancyView } from "../relevancy/RelevancyView";
import { EmptyState } from "./EmptyState";
import { ExamplePicker } from "./ExamplePicker";
import { FileBanner } from "./FileBanner";
import { QuestionBar } from "./QuestionBar";
import { TokenCardPanel } from "./TokenCardPanel";
import { Toolbar } from "./Toolbar";
import { Tour } from "./Tour";
import { TITLES } from "./titles";
import { TopBar } from "./TopBar";

const PAGES: Record<View, () => preact.JSX.Element> = {
  heads: HeadsView,
  attention: AttentionView,
  embeddings: EmbeddingsView,
  relevancy: RelevancyView,
  examples: ExamplesView,
};

export function App() {
  return (
    <div class="page">
      <FileBanner />
      <TopBar />
      <PanelDownloads.Provider value={downloadPanel}>
        <Body />
      </PanelDownloads.Provider>
      <Tooltip />
      {(runs.value?.runs.length ?? 0) > 0 && <Tour />}
      {helpShown.value && <HelpDialog onClose={() => (helpShown.value = false)} onTour={beginTour} />}
    </div>
  );
}

function beginTour(): void {
  helpShown.value = false;
  tourStop.value = 0;
}

function downloadPanel(panel: HTMLElement, format: Format): Promise<void> {
  const { view } = selection.peek();
  return download(panel, format, headingOf(panel) || TITLES[view], panel.dataset.testid ?? view);
}

function Body() {
  const known = runs.value;
  if (!known) {
    return <Panel class="first" loading={!runsError.value} error={runsError.value} onRetry={() => void refresh()} />;
  }
  if (known.runs.length === 0) return <EmptyState logdir={known.logdir} />;
  const { view } = selection.value;
  const View = PAGES[view];
  const inTable = view === "examples";
  const example = exampleOf.a.value;
  const unreadable = example?.steps.length === 0 ? example.problem : null;
  return (
    <>
      <Toolbar />
      <div class="columns" data-single={inTable} data-card={cardShown.value}>
        {!inTable && <ExamplePicker />}
        <main>
          <QuestionBar />
          {unreadable && !inTable ? (
            <Panel>
              <Notice>{unreadable}</Notice>
            </Panel>
          ) : (
            <View />
          )}
        </main>
        {cardShown.value && <TokenCardPanel />}
      </div>
    </>
  );
}
