// What a table is made of, as the catalogue has it. Definitions are texts of the server, made with the search_path empty of
// user schemas, so that every name in them is qualified.

export interface TableColumn {
  readonly name: string;
  readonly position: number;
  /** As format_type gives it, with its modifier. */
  readonly type: string;
  /** Not null when it is not that of the type. */
  readonly collation: string | null;
  /** False also where older rows may be NULL (PostgreSQL 18): that is a constraint of the table then. */
  readonly isNotNull: boolean;
  /** Name of a not-null constraint that somebody named (PostgreSQL 18). */
  readonly notNullName: string | null;
  readonly defaultExpression: string | null;
  readonly generated: { readonly kind: "stored" | "virtual"; readonly expression: string } | null;
  readonly identity: { readonly kind: "always" | "by default"; readonly sequence: SequenceStructure } | null;
  /** Of a serial column. */
  readonly ownedSequence: SequenceStructure | null;
  /** Storage, compression and statistics target where they are not the default. */
  readonly storage: string | null;
  readonly compression: string | null;
  readonly statistics: number | null;
  /** Defined here and not taken from a parent. */
  readonly isLocal: boolean;
  readonly comment: string | null;
}

export interface SequenceStructure {
  /** schema.name, not quoted. */
  readonly name: string;
  readonly type: string;
  readonly start: string;
  readonly increment: string;
  readonly min: string;
  readonly max: string;
  readonly cache: string;
  readonly isCycled: boolean;
}

export interface TableIndex {
  readonly name: string;
  readonly isUnique: boolean;
  readonly isPrimary: boolean;
  /** Each row has one value, and at every moment one of its own: unique, not deferrable, no condition, no NULL. */
  readonly isKey: boolean;
  readonly isValid: boolean;
  readonly isReplicaIdentity: boolean;
  readonly isClustered: boolean;
  /** Of a constraint: its name. */
  readonly constraint: string | null;
  /** Name of the parent's index that this one belongs to (`schema.name`); it cannot be dropped alone. */
  readonly parentIndex: string | null;
  /** What follows the table's name in CREATE INDEX: `USING btree (a, lower(b)) … WHERE …`. */
  readonly definition: string;
  readonly tablespace: string | null;
  readonly comment: string | null;
  /** Objects that cannot be without it, other than its constraint and foreign keys: views, publications' identities. */
  readonly isNeeded: boolean;
}

export type ConstraintKind = "primary key" | "unique" | "check" | "not null" | "exclude" | "foreign key";

export interface TableConstraint {
  readonly name: string;
  readonly kind: ConstraintKind;
  /** As pg_get_constraintdef gives it. */
  readonly definition: string;
  /** Names of the key's columns in their order; empty for checks. */
  readonly columns: readonly string[];
  readonly isDeferrable: boolean;
  readonly isDeferred: boolean;
  readonly isValidated: boolean;
  /** Defined here and not taken from a parent. */
  readonly isLocal: boolean;
  /** A foreign key's other table, schema.name. */
  readonly references: string | null;
  /** It can be made from an index that exists (btree, not PERIOD or WITHOUT OVERLAPS). */
  readonly canUseIndex: boolean;
  readonly comment: string | null;
}

export interface TableTrigger {
  readonly name: string;
  /** As pg_get_triggerdef gives it. */
  readonly definition: string;
  /** O: origin and local, D: disabled, R: replica, A: always. */
  readonly enabled: "O" | "D" | "R" | "A";
  /** Its function is one of PgQ's, for a queue. */
  readonly queue: string | null;
  /** Made by the trigger of the partitioned table. */
  readonly isOfParent: boolean;
}

export interface TableRule {
  readonly name: string;
  readonly definition: string;
  readonly enabled: "O" | "D" | "R" | "A";
}

export interface TableGrant {
  /** Null: public. */
  readonly grantee: string | null;
  readonly privilege: string;
  readonly isGrantable: boolean;
  /** Null: of the whole table. */
  readonly column: string | null;
}

export interface TableStructure {
  /** schema.name, not quoted. */
  readonly name: string;
  readonly oid: number;
  /** r: ordinary, p: partitioned, f: foreign. */
  readonly kind: "r" | "p" | "f";
  readonly owner: string;
  readonly persistence: "permanent" | "unlogged" | "temporary";
  readonly options: readonly string[];
  readonly tablespace: string | null;
  readonly columns: readonly TableColumn[];
  readonly indexes: readonly TableIndex[];
  readonly constraints: readonly TableConstraint[];
  readonly triggers: readonly TableTrigger[];
  readonly rules: readonly TableRule[];
  readonly grants: readonly TableGrant[];
  /** PARTITION BY what, of a partitioned table: `RANGE (day)`. */
  readonly partitionKey: string | null;
  /** Of a partition: `FOR VALUES …` or `DEFAULT`, and its parent. */
  readonly partitionBound: string | null;
  /** Tables that it inherits from, schema.name; of a partition its parent. */
  readonly parents: readonly string[];
  /** Direct partitions, schema.name. */
  readonly partitions: readonly string[];
  readonly replicaIdentity: "default" | "nothing" | "full" | "index";
  readonly hasRowSecurity: boolean;
  readonly comment: string | null;
}
