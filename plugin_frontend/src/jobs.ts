/** Long computations of the server: an answer that takes one waits for it, and the page tells how far it is. */

import { computed, signal, type ReadonlySignal } from "@preact/signals";
import { decode, type WireMessage } from "./lib/wire";
import type { Query } from "./loading";
import type { Job } from "./schema";
import { post, request } from "./transport";

const POLL_MILLISECONDS = 500;

const base = import.meta.url;

/** All that the server has been asked for, in its order, as of the latest look. */
const known = signal<readonly Job[]>([]);
/** Identifiers of the jobs that answers wait for, by the answers' keys. */
const awaited = signal<ReadonlyMap<string, string>>(new Map());

/** What the page waits for now, each job once. */
export const awaitedJobs: ReadonlySignal<readonly Job[]> = computed(() => {
  const wanted = new Set(awaited.value.values());
  return known.value.filter(({ id, state }) => wanted.has(id) && (state === "waiting" || state === "running"));
});

/** Keys of answers whose job failed or was cancelled: asked for once more, the server shall begin anew. */
const ended = new Set<string>();

/** A binary answer that the server may have to fit first: it then says so with status 202, and goes on by itself. */
export function fitted<T>(url: string, version: string, read: (message: WireMessage) => T): Query<T> {
  return prepared(url, version, async (response) => read(decode(await response.arrayBuffer())));
}

/** The same of any answer. */
export function prepared<T>(url: string, version: string, read: (response: Response) => Promise<T>): Query<T> {
  const key = `${url} ${version}`;
  return {
    key,
    run: async (signal) => {
      for (;;) {
        const again = ended.delete(key);
        const response = await request(again ? `${url}&again=1` : url, signal, "no-cache");
        if (response.status !== 202) return read(response);
        const { job } = (await response.json()) as { job: Job };
        try {
          await finished(key, job, signal);
        } finally {
          stopWaiting(key);
        }
      }
    },
  };
}

export function cancelJob(id: string): Promise<void> {
  const url = new URL("job_cancel", base);
  url.searchParams.set("id", id);
  return post(url.href);
}

/** Resolves when the job is done; rejects with what went wrong. */
async function finished(key: string, job: Job, signal: AbortSignal): Promise<void> {
  awaited.value = new Map(awaited.peek()).set(key, job.id);
  if (!known.peek().some(({ id }) => id === job.id)) known.value = [...known.peek(), job];
  for (;;) {
    await rest(signal);
    const response = await request(new URL("jobs", base).href, signal, "no-store");
    known.value = ((await response.json()) as { jobs: Job[] }).jobs;
    const latest = known.peek().find(({ id }) => id === job.id);
    if (latest?.state === "failed" || latest?.state === "cancelled") {
      ended.add(key);
      throw new Error(latest.state === "failed" ? (latest.error ?? "The computation failed.") : "The computation was cancelled.");
    }
    // What the server no longer knows of is asked for anew.
    if (!latest || latest.state === "done") return;
  }
}

function stopWaiting(key: string): void {
  const left = new Map(awaited.peek());
  left.delete(key);
  awaited.value = left;
}

function rest(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, POLL_MILLISECONDS);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
