export { createTableLike, createTableStatements, type CreateTableOutcome } from "./create-table.ts";
export type { CreateTableOptions } from "./create-table-options.ts";
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
export {
  deleteDuplicates,
  deleteInTheWay,
  keysOfDefinitions,
  readUniqueIndexKeys,
  uniqueDefinitions,
  type UniqueIndexKey,
} from "./unique-keys.ts";
