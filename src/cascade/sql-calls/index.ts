// Calls of the functions of pgq_node; on any node, also one with the C schema 3.5.
export * from "./answer.ts";
export * from "./branch-queue.ts";
export * from "./consumer-state.ts";
export * from "./locations.ts";
export * from "./node-info.ts";
export * from "./node-life.ts";
export * from "./subscribers.ts";
export * from "./watermarks.ts";
export * from "./local-queue.ts";
