/** The names of downloaded files. */

interface Checkpoint {
  run: string;
  step: number;
}

/** What it shows, of which checkpoints and example: `vl_attention_lxmert-seed0_step900_val-0007.png`. */
export function fileName(
  subject: string,
  checkpoints: readonly Checkpoint[],
  tag: string | null,
  extension: string,
): string {
  const places = checkpoints.map(({ run, step }) => `${plain(run)}_step${step}`);
  const parts = ["vl", plain(subject), ...places, ...(tag === null ? [] : [plain(tag)])];
  return `${parts.filter(Boolean).join("_")}.${extension}`;
}

const LONGEST_PART = 60;

/** Without what some file system refuses or a shell would read as more than a name. */
function plain(text: string): string {
  return text
    .replace(/[^\p{L}\p{N}.]+/gu, "-")
    .replace(/^[-.]+|[-.]+$/g, "")
    .slice(0, LONGEST_PART);
}
