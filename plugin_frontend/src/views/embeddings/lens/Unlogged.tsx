/** No lens to show: why, and how to log one. */

const CODE = `policy = CapturePolicy(logit_lens="all")
with trace(model, processor, policy=policy) as t:
    output = model(**batch)
writer.add_vl_batch("val", t, batch=batch, output=output, ids=ids, global_step=step)`;

export function Unlogged({ leftOut }: { leftOut: readonly string[] }) {
  const why = leftOut.find((sentence) => sentence.startsWith("Logit lens"));
  return (
    <div class="unlogged" data-testid="unlogged">
      <p>
        <b>No logit lens was logged for this example.</b> {why ?? "In the evaluation loop, ask for it:"}
      </p>
      {!why && (
        <pre>
          <code>{CODE}</code>
        </pre>
      )}
    </div>
  );
}
