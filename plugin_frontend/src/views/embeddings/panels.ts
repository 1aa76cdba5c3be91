/** What the Embeddings view can show of the hidden states; each panel says itself what it needs of the selection. */

import type { ComponentType } from "preact";
import type { EmbeddingPanel } from "../../lib/selection";
import { CurvesPanel } from "./curves/CurvesPanel";
import { PointsPanel } from "./points/PointsPanel";

interface PanelEntry {
  label: string;
  title: string;
  Shown: ComponentType;
}

/** In the order of {@link EMBEDDING_PANELS}; those that are not listed are not offered. */
export const PANELS: Partial<Record<EmbeddingPanel, PanelEntry>> & { points: PanelEntry } = {
  points: { label: "Points", title: "Tokens of all examples in a plane or in space", Shown: PointsPanel },
  curves: { label: "Curves", title: "Lengths, dimensions, gaps and similarity over layers and steps", Shown: CurvesPanel },
};
