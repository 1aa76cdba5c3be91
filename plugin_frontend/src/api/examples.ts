/** What was logged: runs, examples, their manifests and images. */

import type { Query } from "../loading";
import type { Examples, Flips, Manifest, Runs } from "../schema";
import { imageAddress, request } from "../transport";
import { address, json, type Place } from "./requests";

export function runs(): Promise<Runs> {
  return request(address("runs", {}), undefined, "no-store").then((response) => response.json());
}

export function examples(run: string, version: string): Query<Examples> {
  return json("examples", { run }, version);
}

/** The examples on which two checkpoints disagree. */
export function flips(
  [run, step]: readonly [string, number],
  [otherRun, otherStep]: readonly [string, number],
  version: string,
): Query<Flips> {
  return json("flips", { run, step, other_run: otherRun, other_step: otherStep }, version);
}

export function manifest({ run, tag, step }: Place): Query<Manifest> {
  const url = address("manifest", { run, tag, step });
  return { key: url, run: async (signal) => (await request(url, signal)).json() };
}

export function imageUrl(run: string, id: string): string {
  return imageAddress(serverImageUrl(run, id));
}

/** Where the server has the image, whatever the page shows it from. */
export function serverImageUrl(run: string, id: string): string {
  return address("image", { run, id });
}
