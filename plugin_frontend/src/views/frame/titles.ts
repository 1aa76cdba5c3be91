import type { View } from "../../lib/selection";

/** The views as they are called, in the order of their tabs. */
export const TITLES: Record<View, string> = {
  heads: "Heads",
  attention: "Attention",
  embeddings: "Embeddings",
  relevancy: "Relevancy",
  examples: "Examples",
};
