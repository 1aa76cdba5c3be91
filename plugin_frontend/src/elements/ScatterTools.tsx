/** What dragging in a scatter plot does, and buttons for what wheel and keys do as well. */

import { fit, zoom, type Camera, type Range } from "../lib/camera";
import type { SelectTool } from "../lib/scatter";
import { Segmented } from "./Segmented";

interface Props {
  extent: readonly Range[];
  camera: Camera | null;
  tool: SelectTool | null;
  onCamera(camera: Camera | null): void;
  onTool(tool: SelectTool | null): void;
}

export function ScatterTools({ extent, camera, tool, onCamera, onTool }: Props) {
  const space = extent.length > 2;
  // The middle stays, whatever shape the plot has.
  const zoomed = (factor: number) => onCamera(zoom(camera ?? fit(extent, 1), factor, 0, 0, 1));
  return (
    <div class="scatter-tools">
      <Segmented<SelectTool | "none">
        name="Dragging"
        value={tool ?? "none"}
        choices={[
          { value: "none", label: space ? "turn" : "move", title: `Drag to ${space ? "turn, with the right button to move" : "move"}; with the Shift key to draw a lasso` },
          { value: "lasso", label: "lasso", title: "Draw a line around points to select them; Shift adds, Ctrl takes away, Escape gives up" },
          { value: "rectangle", label: "rectangle", title: "Draw a rectangle to select points; Shift adds, Ctrl takes away, Escape gives up" },
        ]}
        onChoose={(value) => onTool(value === "none" ? null : value)}
      />
      <button type="button" class="quiet" aria-label="Closer" title="Closer (+)" onClick={() => zoomed(0.7)}>
        +
      </button>
      <button type="button" class="quiet" aria-label="Farther" title="Farther (−)" onClick={() => zoomed(1 / 0.7)}>
        −
      </button>
      <button type="button" class="quiet" disabled={camera === null} title="Show all (0)" onClick={() => onCamera(null)}>
        show all
      </button>
    </div>
  );
}
