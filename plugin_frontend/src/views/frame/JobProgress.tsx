/** How far the server is with what the page waits for. */

import { useState } from "preact/hooks";
import { awaitedJobs, cancelJob } from "../../jobs";
import { formatPercent } from "../../lib/format";
import type { Job } from "../../schema";

export function JobProgress() {
  return (
    <>
      {awaitedJobs.value.map((job) => (
        <Underway key={job.id} job={job} />
      ))}
    </>
  );
}

function Underway({ job }: { job: Job }) {
  const [problem, setProblem] = useState<string | null>(null);
  const waiting = job.state === "waiting";
  const others = job.before === 1 ? "1 other" : `${job.before} others`;
  return (
    <div class="job-progress" role="status" data-testid="job-progress" data-state={job.state}>
      <b>{job.title}</b>
      <p>{waiting && job.before > 0 ? `waits for ${others}` : job.message || "begins"}</p>
      <progress max={1} value={waiting ? 0 : job.progress} aria-label={job.title} />
      <p class="muted">
        {waiting ? "waiting" : formatPercent(job.progress)} · {Math.round(job.seconds)} s
        <button
          type="button"
          class="button"
          data-testid="cancel-job"
          onClick={() => void cancelJob(job.id).catch((error: Error) => setProblem(error.message))}
        >
          Cancel
        </button>
      </p>
      <p class="muted">It goes on while you look at something else.</p>
      {problem && (
        <p class="warning" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
