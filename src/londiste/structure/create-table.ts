// The statements that make a table like another one, for add-table --create and --create-full.
import type { Connection } from "../../postgres/index.ts";
import type { TableStructure } from "./table-structure.ts";

export interface CreateTableOptions {
  /** schema.table on this node, not quoted. */
  readonly destination: string;
  /**
   * plain: columns with their types, not-null, generated and identity columns, primary key, and the partitions. full: also
   * defaults, constraints, indexes, triggers (not those of queues), rules, grants, owner, comments.
   */
  readonly parts: "plain" | "full";
  /** Major version of the server that runs the statements, e.g. 14. */
  readonly targetMajor: number;
}

/**
 * Statements to be run in order in one transaction. Schemas and the sequences of serial columns are made where they lack.
 * `partitions` are the structures of all partitions, parents first.
 */
export function createTableStatements(
  table: TableStructure,
  partitions: readonly TableStructure[],
  options: CreateTableOptions,
): string[] {
  throw new Error(`not yet ${table.name} ${partitions.length} ${options.destination}`);
}

export type CreateTableOutcome = "created" | "exists" | "no source";

/**
 * Makes the table on the target as it is on the source, in the transaction that `target` is in. Foreign keys are left out:
 * their other table may not exist yet.
 */
export function createTableLike(
  source: Connection,
  target: Connection,
  table: string,
  options: Omit<CreateTableOptions, "targetMajor">,
): Promise<CreateTableOutcome> {
  throw new Error(`not yet ${source.facts.database} ${target.facts.database} ${table} ${options.parts}`);
}
