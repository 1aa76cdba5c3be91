/** The plugin's routes as queries, by subject. */

export * from "./attention";
export * from "./examples";
export * from "./head_statistics";
export * from "./layer_geometry";
export * from "./neighbours";
export * from "./projections";
export * from "./relevancy";
export type { Arguments, Place } from "./requests";
export { address } from "./requests";
