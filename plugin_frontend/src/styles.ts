/** The page's styles, within the module: TensorBoard's page loads nothing but the entry. */

import attention from "./styles/attention.css?inline";
import base from "./styles/base.css?inline";
import budget from "./styles/budget.css?inline";
import chart from "./styles/chart.css?inline";
import controls from "./styles/controls.css?inline";
import curves from "./styles/curves.css?inline";
import embeddings from "./styles/embeddings.css?inline";
import exampleTable from "./styles/example_table.css?inline";
import examples from "./styles/examples.css?inline";
import exports from "./styles/export.css?inline";
import frame from "./styles/frame.css?inline";
import headPanels from "./styles/head_panels.css?inline";
import heads from "./styles/heads.css?inline";
import help from "./styles/help.css?inline";
import lens from "./styles/lens.css?inline";
import marks from "./styles/marks.css?inline";
import matrix from "./styles/matrix.css?inline";
import neighbours from "./styles/neighbours.css?inline";
import pictures from "./styles/pictures.css?inline";
import relevancy from "./styles/relevancy.css?inline";
import scatter from "./styles/scatter.css?inline";
import similarity from "./styles/similarity.css?inline";
import tokenCard from "./styles/token_card.css?inline";
import tokenMatrix from "./styles/token_matrix.css?inline";
import tour from "./styles/tour.css?inline";

/** Later ones refine earlier ones. */
const SHEETS = [
  base,
  controls,
  marks,
  matrix,
  chart,
  pictures,
  frame,
  examples,
  exampleTable,
  help,
  heads,
  headPanels,
  budget,
  similarity,
  attention,
  tokenMatrix,
  scatter,
  embeddings,
  lens,
  curves,
  relevancy,
  exports,
  tokenCard,
  neighbours,
  tour,
];

export function adoptStyles(): void {
  document.adoptedStyleSheets = SHEETS.map((source) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(source);
    return sheet;
  });
}
