/** The entry: TensorBoard imports this module and calls `render()`. */

import { effect } from "@preact/signals";
import { render as renderElement } from "preact";
import { poll, refresh } from "./catalogue";
import { fetchAhead } from "./fetched_ahead";
import { fillDefaults } from "./defaults";
import { followProjection } from "./embedding_points";
import * as host from "./host";
import { fromParameters, toParameters } from "./lib/selection";
import { beginsByItself } from "./lib/tour";
import { recall } from "./memory";
import { live, select, selection, tourStop } from "./state";
import { adoptStyles } from "./styles";
import { snapshot } from "./transport";
import { App } from "./views/frame/App";
import { listenToKeys } from "./views/frame/keys";

export function render(): void {
  adoptStyles();
  host.watchDarkMode();
  effect(() => {
    document.documentElement.dataset.theme = host.dark.value ? "dark" : "light";
  });
  const linked = host.readParameters();
  const given = snapshot && Object.keys(linked).length === 0 ? snapshot.parameters : linked;
  if (!snapshot && beginsByItself(given, recall("tour") !== null)) tourStop.value = 0;
  select(fromParameters(given));
  host.onParameters((parameters) => {
    const wanted = fromParameters(parameters);
    const current = selection.peek();
    // TensorBoard drops the parameters when the user comes back to the tab: stay where we were.
    if (Object.keys(parameters).length > 0) select(wanted);
    else host.writeParameters(toParameters(current));
  });
  fillDefaults();
  fetchAhead();
  followProjection();
  effect(() => host.writeParameters(toParameters(selection.value)));
  host.onDataReloaded(() => void refresh());
  poll(() => live.peek() && host.isVisible());
  listenToKeys();
  void refresh();
  renderElement(<App />, document.body);
}

// In a file there is nobody to call it.
if (snapshot) render();
