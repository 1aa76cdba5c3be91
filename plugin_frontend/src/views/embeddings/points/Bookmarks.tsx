/** States of the plot under names. */

import { useEffect, useState } from "preact/hooks";
import { runOf } from "../../../catalogue";
import { Popover } from "../../../elements/Popover";
import { readBookmark } from "../../../lib/bookmarks";
import { addBookmark, openBookmark, recallBookmarks, removeBookmark } from "../../../point_actions";
import { selection } from "../../../state";

export function Bookmarks() {
  const { bookmarks } = selection.value;
  const run = runOf.a.value;
  useEffect(recallBookmarks, [run]);
  const known = bookmarks.flatMap((written) => readBookmark(written) ?? []);
  return (
    <Popover
      label={known.length > 0 ? `bookmarks (${known.length})` : "bookmarks"}
      name="Bookmarks"
      testId="bookmarks"
      title="Keep what the plot shows now under a name: camera, method, filters, selected points"
    >
      {(close) => (
        <div class="bookmarks">
          <NewBookmark />
          {known.length > 0 && (
            <ul>
              {known.map((bookmark) => (
                <li key={bookmark.name}>
                  <button
                    type="button"
                    class="quiet"
                    data-testid="bookmark"
                    onClick={() => {
                      openBookmark(bookmark);
                      close();
                    }}
                  >
                    {bookmark.name}
                  </button>
                  <button
                    type="button"
                    class="quiet"
                    aria-label={`Remove the bookmark ${bookmark.name}`}
                    title="Remove"
                    onClick={() => removeBookmark(bookmark.name)}
                  >
                    ×
                  </button>
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
    </Popover>
  );
}

function NewBookmark() {
  const [name, setName] = useState("");
  const add = (event: Event) => {
    event.preventDefault();
    if (name.trim() === "") return;
    addBookmark(name.trim());
    setName("");
  };
  return (
    <form onSubmit={add}>
      <input
        aria-label="Name of the bookmark"
        placeholder="name"
        data-testid="bookmark-name"
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <button type="submit" class="button" disabled={name.trim() === ""}>
        keep this
      </button>
    </form>
  );
}
