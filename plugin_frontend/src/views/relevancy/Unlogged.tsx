/** No map to show: how to log some. */

const CODE = `with trace(model, processor) as t:
    output = model(**batch)
maps = t.relevancy()
writer.add_vl_batch("val", t, batch=batch, output=output, ids=ids,
                    relevancy=maps, global_step=step)`;

export function Unlogged({ where }: { where: string }) {
  return (
    <div class="unlogged" data-testid="unlogged">
      <p>
        <b>No relevancy was logged {where}.</b> In the evaluation loop, log it with <code>trace(model).relevancy(…)</code>:
      </p>
      <pre>
        <code>{CODE}</code>
      </pre>
    </div>
  );
}
