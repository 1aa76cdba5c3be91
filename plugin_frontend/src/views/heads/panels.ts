/** What the Heads view can show of the heads; each panel says itself what it needs of the selection. */

import type { ComponentType } from "preact";
import type { HeadPanel } from "../../lib/selection";
import { BudgetPanel } from "./BudgetPanel";
import { HeadList } from "./HeadList";
import { MatrixPanel } from "./MatrixPanel";
import { ScatterPanel } from "./ScatterPanel";
import { SimilarityPanel } from "./SimilarityPanel";

interface PanelEntry {
  label: string;
  title: string;
  Shown: ComponentType;
}

export const PANELS: Record<HeadPanel, PanelEntry> = {
  matrix: { label: "Matrix", title: "Layers by heads", Shown: MatrixPanel },
  list: { label: "List", title: "All heads, to be sorted and narrowed down", Shown: HeadList },
  scatter: { label: "Scatter", title: "Heads by two statistics", Shown: ScatterPanel },
  similarity: { label: "Similarity", title: "Which heads look at the same things", Shown: SimilarityPanel },
  budget: { label: "Budget", title: "What attention is spent on", Shown: BudgetPanel },
};
