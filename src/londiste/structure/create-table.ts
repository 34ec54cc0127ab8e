// The statements that make a table like another one, for add-table --create and --create-full.
import { SkytoolsError } from "../../errors/index.ts";
import {
  type Connection,
  PostgresError,
  quoteFqname,
  quoteIdent,
  quoteLiteral,
  splitFqname,
} from "../../postgres/index.ts";
import { columnDefinition, columnExtras, NAMED_NOT_NULL_SINCE } from "./column-text.ts";
import type { CreateTableOptions } from "./create-table-options.ts";
import {
  commentStatements,
  grantStatements,
  indexStatements,
  ruleStatements,
  triggerStatements,
} from "./attachments.ts";
import { planIdentitySequences } from "./identity-sequences.ts";
import { readStructure } from "./read-structure.ts";
import { ownedSequenceStatements } from "./sequence-text.ts";
import type { TableConstraint, TableIndex, TableStructure } from "./table-structure.ts";

/**
 * Statements to be run in order in one transaction. Schemas and the sequences of serial columns are made where they lack.
 * `partitions` are the structures of all partitions, parents first. Roles and tablespaces must exist.
 */
export function createTableStatements(
  table: TableStructure,
  partitions: readonly TableStructure[],
  options: CreateTableOptions,
): string[] {
  const renamed = renamer(table, partitions, options.destination);
  const statements: string[] = [];
  for (const one of [table, ...partitions]) {
    const name = renamed(one.name);
    statements.push(`create schema if not exists ${quoteIdent(splitFqname(name)[0])}`);
    if (options.parts === "full") statements.push(...ownedSequenceStatements(one));
    statements.push(createStatement(one, name, renamed, options));
    if (options.parts === "full") statements.push(...columnExtras(one, name));
  }
  // Keys and indexes of a partitioned table make those of its partitions.
  for (const one of [table, ...partitions]) {
    const name = renamed(one.name);
    statements.push(...constraintStatements(one, name, options));
    const indexes = one.indexes.filter((index) => isWanted(one, index, options));
    statements.push(...indexStatements(indexes, name));
    if (options.parts === "full") statements.push(...fullStatements(one, name));
  }
  return statements;
}

/** Names of partitions begin with that of the table: they are renamed with it, in its schema, when it is renamed. */
function renamer(
  table: TableStructure,
  partitions: readonly TableStructure[],
  destination: string,
): (name: string) => string {
  if (destination === table.name) return (name) => name;
  const [, oldName] = splitFqname(table.name);
  const [schema, newName] = splitFqname(destination);
  const names = new Map([[table.name, destination]]);
  for (const { name } of partitions) {
    const [, partition] = splitFqname(name);
    const rest = partition.startsWith(oldName) ? partition.slice(oldName.length) : `_${partition}`;
    names.set(name, `${schema}.${newName}${rest}`);
  }
  return (name) => names.get(name) ?? name;
}

function createStatement(
  table: TableStructure,
  name: string,
  renamed: (name: string) => string,
  options: CreateTableOptions,
): string {
  const unlogged = table.persistence === "unlogged" ? "unlogged " : "";
  const settings = table.options.length === 0 || table.kind !== "r" ? "" : ` with (${table.options.join(", ")})`;
  const partitioned = table.partitionKey === null ? "" : ` partition by ${table.partitionKey}`;
  const start = `create ${unlogged}table ${quoteFqname(name)}`;
  const [parent] = table.parents;
  if (table.partitionBound !== null && parent !== undefined) {
    return `${start} partition of ${quoteFqname(renamed(parent))} ${table.partitionBound}${partitioned}${settings}`;
  }
  const columns = table.columns.map((column) => columnDefinition(column, options));
  return `${start} (${columns.join(", ")})${partitioned}${settings}`;
}

/** Plain: the primary key; where it finds no rows, or is not there, the unique indexes that do. */
function isWanted(table: TableStructure, index: TableIndex, { parts }: CreateTableOptions): boolean {
  if (parts === "full" || index.isPrimary) return true;
  return index.isKey && !table.indexes.some(({ isPrimary, isKey }) => isPrimary && isKey);
}

/** Foreign keys are left out: their other table may not exist yet. */
function constraintStatements(table: TableStructure, name: string, options: CreateTableOptions): string[] {
  const wanted = (constraint: TableConstraint): boolean => {
    if (constraint.kind === "foreign key") return false;
    // A constraint of its own only where not-null constraints have names.
    if (constraint.kind === "not null" && options.targetMajor < NAMED_NOT_NULL_SINCE) return false;
    // A partition has those of its table already; inheritance is not made, so what came by it is the table's own.
    if (table.partitionBound !== null && !constraint.isLocal) return false;
    const index = table.indexes.find((one) => one.constraint === constraint.name);
    return index === undefined ? options.parts === "full" : isWanted(table, index, options);
  };
  const add = `alter table ${quoteFqname(name)} add constraint`;
  return table.constraints
    .filter(wanted)
    .map((constraint) => `${add} ${quoteIdent(constraint.name)} ${constraint.definition}`);
}

function fullStatements(table: TableStructure, name: string): string[] {
  const quoted = quoteFqname(name);
  const identity = { default: null, index: null, nothing: "nothing", full: "full" }[table.replicaIdentity];
  return [
    ...ruleStatements(table, name),
    ...triggerStatements(table, name),
    ...(identity === null ? [] : [`alter table ${quoted} replica identity ${identity}`]),
    ...(table.hasRowSecurity ? [`alter table ${quoted} enable row level security`] : []),
    ...commentStatements(table, name),
    `alter table ${quoted} owner to ${quoteIdent(table.owner)}`,
    ...grantStatements(table, name),
  ];
}

export type CreateTableOutcome = "created" | "exists" | "no source";

/**
 * Makes the table on the target as it is on the source, in the transaction that `target` is in. Foreign keys are left out:
 * their other table may not exist yet. @throws TABLE_UNFIT when the target lacks what it needs
 */
export async function createTableLike(
  source: Connection,
  target: Connection,
  table: string,
  options: Omit<CreateTableOptions, "targetMajor" | "takenSequences">,
): Promise<CreateTableOutcome> {
  const [schema, name] = splitFqname(options.destination);
  const { exists } = await target.one<{ exists: boolean }>(
    `select pg_catalog.to_regclass(${quoteLiteral(`${quoteIdent(schema)}.${quoteIdent(name)}`)}) is not null as exists`,
  );
  if (exists) return "exists";
  const structure = await readStructure(source, table);
  if (structure === null) return "no source";
  const partitions = await readPartitions(source, structure);
  const targetMajor = Math.floor(target.facts.serverVersion / 10_000);
  const { taken, drops, values } = await planIdentitySequences(target, [structure, ...partitions], schema);
  const statements = createTableStatements(structure, partitions, { ...options, targetMajor, takenSequences: taken });
  try {
    for (const statement of [...drops, ...statements, ...values]) await target.execute(statement);
  } catch (error) {
    throw unlikeSource(table, error);
  }
  return "created";
}

/** Class 42 of PostgreSQL's errors: what a statement names is not there, or not allowed. */
function unlikeSource(table: string, error: unknown): unknown {
  if (!(error instanceof PostgresError) || error.sqlstate?.startsWith("42") !== true) return error;
  return new SkytoolsError(
    "TABLE_UNFIT",
    `table ${table} cannot be made here as it is on its source: ${error.message}`,
    {
      hint: "make what it needs first, as types, functions, roles and collations; or make the table itself, without --create",
      cause: error,
    },
  );
}

/** All levels, parents first. */
async function readPartitions(db: Connection, table: TableStructure): Promise<TableStructure[]> {
  const all: TableStructure[] = [];
  for (const name of table.partitions) {
    const partition = await readStructure(db, name);
    if (partition !== null) all.push(partition, ...(await readPartitions(db, partition)));
  }
  return all;
}
