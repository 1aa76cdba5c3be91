/** What the Heads view can show of the heads; each panel says itself what it needs of the selection. */

import type { ComponentType } from "preact";
import { HEAD_PANELS, type HeadPanel } from "../../lib/selection";
import { MatrixPanel } from "./MatrixPanel";

interface PanelEntry {
  label: string;
  title: string;
  Shown: ComponentType;
}

export const PANELS: Partial<Record<HeadPanel, PanelEntry>> = {
  matrix: { label: "Matrix", title: "Layers by heads", Shown: MatrixPanel },
};

/** Those there are, in their order. */
export const LISTED_PANELS = HEAD_PANELS.filter((name) => PANELS[name]);
