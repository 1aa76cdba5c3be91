import { refresh } from "../../catalogue";

const CODE = `from vl_tb_plugin import SummaryWriter, trace

writer = SummaryWriter("runs/first")
with trace(model, processor=processor) as t:
    output = model(**batch)
writer.add_vl_batch("val", t, batch=batch, output=output, ids=ids, global_step=step)`;

/** Nothing was logged yet: how to begin, and where we look. */
export function EmptyState({ logdir }: { logdir: string }) {
  return (
    <div class="empty" data-testid="empty">
      <h1>No attention logged yet</h1>
      <p>In the evaluation loop of a vision-language transformer:</p>
      <pre>
        <code>{CODE}</code>
      </pre>
      <p>
        TensorBoard reads <code>{logdir || "its logdir"}</code>. What is logged there appears here by itself.
      </p>
      <button type="button" class="button" onClick={() => void refresh()}>
        Look again
      </button>
    </div>
  );
}
