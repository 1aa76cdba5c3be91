import { useState } from "preact/hooks";
import { showView } from "../../actions";
import { refresh } from "../../catalogue";
import { copyText, linkTo } from "../../host";
import { toParameters, type View } from "../../lib/selection";
import { helpShown, live, selection } from "../../state";
import { snapshot } from "../../transport";
import { DownloadMenu } from "./DownloadMenu";
import { TITLES } from "./titles";

const TABS = Object.entries(TITLES) as [View, string][];

export function TopBar() {
  const toggleLive = () => {
    live.value = !live.value;
    if (live.value) void refresh();
  };
  return (
    <header class="topbar">
      <nav role="tablist" aria-label="Views">
        {TABS.map(([view, title], index) => (
          <button
            key={view}
            type="button"
            role="tab"
            data-testid={`tab-${view}`}
            aria-selected={selection.value.view === view}
            title={`${title} (${index + 1})`}
            onClick={() => showView(view)}
          >
            {title}
          </button>
        ))}
      </nav>
      <div class="topbar-end">
        {!snapshot && (
        <button
          type="button"
          class="quiet live"
          role="switch"
          aria-checked={live.value}
          data-testid="live"
          title={live.value ? "New steps appear as they are logged" : "New steps appear when you switch this on"}
          onClick={toggleLive}
        >
          <i class="lamp" /> live
        </button>
        )}
        <DownloadMenu />
        {!snapshot && <LinkButton />}
        <button
          type="button"
          class="quiet"
          data-testid="help"
          aria-label="Help"
          title="Help (?)"
          onClick={() => (helpShown.value = true)}
        >
          ?
        </button>
      </div>
    </header>
  );
}

/** Copies the link; where the browser refuses, offers it to be copied by hand. */
function LinkButton() {
  const [state, setState] = useState<"idle" | "copied" | "by hand">("idle");
  const link = () => linkTo(toParameters(selection.value));
  const copy = async () => {
    const copied = await copyText(link());
    setState(copied ? "copied" : "by hand");
    if (copied) setTimeout(() => setState("idle"), 1600);
  };
  return (
    <div class="link">
      <button
        type="button"
        class="quiet"
        data-testid="link"
        title="Copy a link that opens exactly this"
        onClick={() => (state === "by hand" ? setState("idle") : void copy())}
      >
        {state === "copied" ? "copied ✓" : "link"}
      </button>
      {state === "by hand" && (
        <input
          class="link-field"
          readOnly
          aria-label="Link to exactly this"
          value={link()}
          ref={(field) => field?.select()}
          onBlur={() => setState("idle")}
        />
      )}
    </div>
  );
}
