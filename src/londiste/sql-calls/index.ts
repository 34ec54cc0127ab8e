// Calls of the functions of schema londiste.
export * from "./conflicts.ts";
export * from "./copied-ranges.ts";
export * from "./copy-progress.ts";
export * from "./execute.ts";
export * from "./foreign-keys.ts";
export * from "./held-triggers.ts";
export * from "./pending-events.ts";
export * from "./replica-mode.ts";
export * from "./schema-facts.ts";
export * from "./sequences.ts";
export * from "./tables.ts";
