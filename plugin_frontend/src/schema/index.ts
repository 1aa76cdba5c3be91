/** The answers of the plugin's HTTP API, documented in vl_tb_plugin/plugin/http_api.md. */

export type * from "./attention";
export type * from "./example";
export type * from "./head_statistics";
export type * from "./layer_geometry";
export type * from "./neighbours";
export type * from "./projections";
export type * from "./relevancy";
