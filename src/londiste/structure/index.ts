export {
  createTableLike,
  createTableStatements,
  type CreateTableOptions,
  type CreateTableOutcome,
} from "./create-table.ts";
export { readStructure } from "./read-structure.ts";
export type {
  ConstraintKind,
  SequenceStructure,
  TableColumn,
  TableConstraint,
  TableGrant,
  TableIndex,
  TableRule,
  TableStructure,
  TableTrigger,
} from "./table-structure.ts";
export { planDrop, type DropPlan } from "./drop-for-copy.ts";
export { planRestore, restoreDropped, type RestoreOptions, type RestorePlan } from "./restore-dropped.ts";
