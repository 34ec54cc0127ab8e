// What is taken off a table before its rows are copied, and the statements that bring it back. Indexes make a copy slow;
// checks, rules and triggers do not (COPY knows no rules, triggers rest in replica mode), so they stay; but for checks that
// are NOT VALID, which rows of the source may break that were there before them.
import { quoteFqname, quoteIdent, quoteLiteral, splitFqname, tokenizeSql } from "../../postgres/index.ts";
import type { TableConstraint, TableIndex, TableStructure } from "./table-structure.ts";

export interface DropPlan {
  readonly drops: readonly string[];
  /** In an order in which they work one after the other, too. */
  readonly restores: readonly string[];
}

/**
 * The table must have lost its foreign keys, from and to it. Kept are indexes that belong to a partitioned table, those that
 * something else depends on, and those that are not valid.
 */
export function planDrop(table: TableStructure): DropPlan {
  const drops: string[] = [];
  const indexes: string[] = [];
  const others: string[] = [];
  const name = quoteFqname(table.name);
  for (const constraint of table.constraints) {
    if (constraint.isValidated || !constraint.isLocal || constraint.kind === "foreign key") continue;
    drops.push(`alter table ${name} drop constraint ${quoteIdent(constraint.name)}`);
    others.push(`alter table ${name} add constraint ${quoteIdent(constraint.name)} ${constraint.definition}`);
    others.push(...constraintComment(table, constraint));
  }
  if (table.kind !== "r") return { drops, restores: others };
  for (const index of table.indexes) {
    if (index.parentIndex !== null || index.isNeeded || !index.isValid) continue;
    const constraint = table.constraints.find((one) => one.name === index.constraint);
    drops.push(
      constraint === undefined
        ? `drop index ${indexName(table, index)}`
        : `alter table only ${name} drop constraint ${quoteIdent(constraint.name)}`,
    );
    if (constraint === undefined || constraint.canUseIndex) indexes.push(createIndex(table, index));
    if (constraint !== undefined) others.push(addConstraint(table, constraint, index));
    others.push(...marks(table, index, constraint));
  }
  return { drops, restores: [...indexes, ...others] };
}

function indexName({ name }: TableStructure, index: TableIndex): string {
  return `${quoteIdent(splitFqname(name)[0])}.${quoteIdent(index.name)}`;
}

/** Harmless when it is there already: the restore may have died in the middle. */
function createIndex(table: TableStructure, index: TableIndex): string {
  const definition = withTablespace(index.definition, index.tablespace);
  const unique = index.isUnique ? "unique " : "";
  return `create ${unique}index if not exists ${quoteIdent(index.name)} on ${quoteFqname(table.name)} ${definition}`;
}

/** The tablespace stands before the condition, and the server leaves it out of the definition. */
export function withTablespace(definition: string, tablespace: string | null): string {
  if (tablespace === null) return definition;
  const clause = ` tablespace ${quoteIdent(tablespace)}`;
  let depth = 0;
  let at = 0;
  for (const { kind, text } of tokenizeSql(definition)) {
    if (text === "(") depth += 1;
    if (text === ")") depth -= 1;
    if (depth === 0 && kind === "ident" && text.toLowerCase() === "where") {
      return `${definition.slice(0, at).trimEnd()}${clause} ${definition.slice(at)}`;
    }
    at += text.length;
  }
  return definition + clause;
}

function addConstraint(table: TableStructure, constraint: TableConstraint, index: TableIndex): string {
  const start = `alter table only ${quoteFqname(table.name)} add constraint ${quoteIdent(constraint.name)}`;
  if (!constraint.canUseIndex) return `${start} ${constraint.definition}`;
  const deferrable = constraint.isDeferrable ? " deferrable" : "";
  const deferred = constraint.isDeferred ? " initially deferred" : "";
  return `${start} ${constraint.kind} using index ${quoteIdent(index.name)}${deferrable}${deferred}`;
}

/** What the table says of one of its indexes. */
export function indexMarks({ name, isReplicaIdentity, isClustered }: TableIndex, table: string): string[] {
  const quoted = quoteFqname(table);
  return [
    ...(isReplicaIdentity ? [`alter table only ${quoted} replica identity using index ${quoteIdent(name)}`] : []),
    ...(isClustered ? [`alter table ${quoted} cluster on ${quoteIdent(name)}`] : []),
  ];
}

function marks(table: TableStructure, index: TableIndex, constraint: TableConstraint | undefined): string[] {
  const statements = indexMarks(index, table.name);
  if (index.comment !== null) {
    statements.push(`comment on index ${indexName(table, index)} is ${quoteLiteral(index.comment)}`);
  }
  return constraint === undefined ? statements : [...statements, ...constraintComment(table, constraint)];
}

function constraintComment(table: TableStructure, { name, comment }: TableConstraint): readonly string[] {
  if (comment === null) return [];
  return [`comment on constraint ${quoteIdent(name)} on ${quoteFqname(table.name)} is ${quoteLiteral(comment)}`];
}
