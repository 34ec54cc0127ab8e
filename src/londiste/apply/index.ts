export { BatchApplier, type ApplyStats, type BatchApplierOptions } from "./batch-applier.ts";
export { conflictPolicies, type Conflict, type ConflictKind, type ConflictPolicy } from "./conflict.ts";
export { isDataError } from "./data-error.ts";
export type { ReplicaTable, TableLookup } from "./replica-table.ts";
export { TableStructures } from "./table-structures.ts";
export { NotWhole, RowSettler, type RowSettlerOptions } from "./row-settler.ts";
