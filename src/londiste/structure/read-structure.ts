// Reads a table's structure from the catalogue.
import { splitFqname, type Connection } from "../../postgres/index.ts";
import { COLUMNS, CONSTRAINTS, GRANTS, INDEXES, NOT_NULL_NAMES, RELATION, RULES, TRIGGERS } from "./queries.ts";
import { withPlainPath } from "./plain-path.ts";
import type {
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

type RelationRow = Pick<
  TableStructure,
  | "kind"
  | "owner"
  | "options"
  | "tablespace"
  | "partitionKey"
  | "partitionBound"
  | "hasRowSecurity"
  | "comment"
  | "parents"
  | "partitions"
> & { readonly oid: bigint; readonly persistence: string; readonly replicaIdentity: string };

type ColumnRow = Pick<
  TableColumn,
  | "name"
  | "position"
  | "type"
  | "collation"
  | "isNotNull"
  | "storage"
  | "compression"
  | "statistics"
  | "isLocal"
  | "comment"
> & {
  readonly generated: string;
  readonly identity: string;
  readonly expression: string | null;
  readonly sequence: string | null;
};

const persistences = { p: "permanent", u: "unlogged", t: "temporary" } as const;
const identities = { d: "default", n: "nothing", f: "full", i: "index" } as const;
const constraintKinds: Readonly<Record<string, ConstraintKind>> = {
  p: "primary key",
  u: "unique",
  x: "exclude",
  c: "check",
  n: "not null",
  f: "foreign key",
};

/** `name` is schema.table, not quoted. Null: there is no such table. */
export async function readStructure(db: Connection, name: string): Promise<TableStructure | null> {
  return await withPlainPath(db, () => read(db, name));
}

async function read(db: Connection, name: string): Promise<TableStructure | null> {
  const relation = await db.maybeOne<RelationRow>(RELATION, splitFqname(name));
  if (relation === null) return null;
  const oid = [relation.oid];
  const constraints = await db.query<Omit<TableConstraint, "kind"> & { kind: string }>(CONSTRAINTS, oid);
  return {
    ...relation,
    name,
    oid: Number(relation.oid),
    persistence: pick(persistences, relation.persistence),
    replicaIdentity: pick(identities, relation.replicaIdentity),
    columns: await readColumns(db, relation.oid),
    indexes: await db.query<TableIndex>(INDEXES, oid),
    constraints: constraints.map((row) => ({ ...row, kind: pick(constraintKinds, row.kind) })),
    triggers: await db.query<TableTrigger>(TRIGGERS, oid),
    rules: await db.query<TableRule>(RULES, oid),
    grants: await db.query<TableGrant>(GRANTS, oid),
  };
}

async function readColumns(db: Connection, oid: bigint): Promise<TableColumn[]> {
  const rows = await db.query<ColumnRow>(COLUMNS, [oid]);
  const names =
    db.facts.serverVersion < 180_000 ? [] : await db.query<{ name: string; position: number }>(NOT_NULL_NAMES, [oid]);
  const notNullNames = new Map(names.map(({ name, position }) => [position, name]));
  return rows.map(({ generated, identity, expression, sequence, ...row }) => {
    const owned = sequence === null ? null : (JSON.parse(sequence) as SequenceStructure);
    const isIdentity = identity !== "";
    return {
      ...row,
      notNullName: notNullNames.get(row.position) ?? null,
      defaultExpression: generated === "" ? expression : null,
      generated:
        generated === "" || expression === null
          ? null
          : { kind: generated === "v" ? ("virtual" as const) : ("stored" as const), expression },
      identity:
        isIdentity && owned !== null
          ? { kind: identity === "a" ? ("always" as const) : ("by default" as const), sequence: owned }
          : null,
      ownedSequence: isIdentity ? null : owned,
    };
  });
}

function pick<T>(values: Readonly<Record<string, T>>, letter: string): T {
  const value = values[letter];
  if (value === undefined) throw new Error(`the catalogue has an unknown letter ${letter}`);
  return value;
}
