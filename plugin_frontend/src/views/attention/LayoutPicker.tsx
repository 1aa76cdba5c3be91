import { Segmented } from "../../elements/Segmented";
import type { Layout } from "../../lib/selection";
import { select, selection } from "../../state";

/** How attention is laid out. */
export function LayoutPicker() {
  return (
    <Segmented<Layout>
      name="Layout"
      value={selection.value.layout}
      choices={[
        { value: "picture", label: "picture", title: "One head, in full" },
        { value: "gallery", label: "gallery", title: "Every head of the layer, or every layer, at a glance" },
        { value: "matrix", label: "matrix", title: "Every token by every token" },
      ]}
      onChoose={(layout) => select({ layout })}
    />
  );
}
