import { snapshot } from "../../transport";

/** In a file: what it is, and when it was made. */
export function FileBanner() {
  if (!snapshot) return null;
  const { made, subject, leftOut } = snapshot;
  return (
    <p class="file-banner" data-testid="file-banner">
      <b>Saved page</b> of {subject}, made {new Date(made).toLocaleString()}.
      {leftOut > 0 && " Some of it was too large for a file and was left out."}
    </p>
  );
}
