export { checkTables, type CheckReport } from "./check-tables.ts";
export type { CheckFinding } from "./finding.ts";
export { readPendingKeys, type PendingKey } from "./pending-keys.ts";
export { isLogged } from "./triggers.ts";
export { checkDomains } from "./domains.ts";
