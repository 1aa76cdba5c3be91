/** What the Heads view can show of the heads; each panel says itself what it needs of the selection. */

import type { ComponentType } from "preact";
import { HEAD_PANELS, type HeadPanel } from "../../lib/selection";
import { Budget } from "./Budget";
import { HeadList } from "./HeadList";
import { MatrixPanel } from "./MatrixPanel";
import { Scatter } from "./Scatter";

interface PanelEntry {
  label: string;
  title: string;
  Shown: ComponentType;
}

export const PANELS: Partial<Record<HeadPanel, PanelEntry>> = {
  matrix: { label: "Matrix", title: "Layers by heads", Shown: MatrixPanel },
  scatter: { label: "Scatter", title: "Heads by two statistics", Shown: Scatter },
  budget: { label: "Budget", title: "What attention is spent on", Shown: Budget },
  list: { label: "List", title: "All heads, to be sorted and narrowed down", Shown: HeadList },
};

/** Those there are, in their order. */
export const LISTED_PANELS = HEAD_PANELS.filter((name) => PANELS[name]);
