export { runWalmgr, walmgr } from "./program.ts";
export { walmgrKeys } from "./keys.ts";
export { walmgrCommand, type WalmgrContext } from "./command.ts";
export type { WalmgrEnvironment, WalmgrService, WalmgrValues } from "./environment.ts";
export { archiveCommand, ownCommandLine, restoreCommand } from "./own-command.ts";
