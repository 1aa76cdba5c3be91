import { Segmented } from "../../elements/Segmented";
import type { Layout } from "../../lib/selection";
import { select, selection } from "../../state";

/** Attention over the image and the words of one token, or every token by every token. */
export function LayoutPicker() {
  return (
    <Segmented<Layout>
      name="Layout"
      value={selection.value.layout}
      choices={[
        { value: "picture", label: "picture", title: "One token: over the image and the words" },
        { value: "matrix", label: "matrix", title: "Every token by every token" },
      ]}
      onChoose={(layout) => select({ layout })}
    />
  );
}
