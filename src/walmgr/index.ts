export * from "./formats/index.ts";
export * from "./store/index.ts";
export * from "./repository/index.ts";
export * from "./receive/index.ts";
export { runWalmgr, walmgr } from "./program/index.ts";
export * from "./archive/index.ts";
export * from "./standby/index.ts";
