// What is in the database before and after an installation: enough to tell what was done, and whether anything is to do.
import { createHash } from "node:crypto";
import type { InstallDatabase } from "./database.ts";
import { CATALOG, HELPERS_MISSING, OVERVIEW } from "./state-queries.ts";

export interface InstalledState {
  /** none: no such schema, or an empty one. extension: members of the C extension. c: C functions, no extension. */
  readonly kind: "none" | "extension" | "c" | "ours";
  /** From the extension, the ledger or pgq.version(), in this order; null when nothing tells. */
  readonly version: string | null;
  /** Functions by signature, each with a hash of everything that a replacement would set. */
  readonly functions: ReadonlyMap<string, string>;
  /** Of functions, tables, indexes, constraints and rights together. */
  readonly catalogHash: string;
  readonly steps: readonly string[];
  readonly script: { readonly scriptHash: string; readonly catalogHash: string | null } | null;
  /** Queues without helper objects. */
  readonly isHelperMissing: boolean;
}

interface Overview {
  has_objects: boolean;
  extension_version: string | null;
  has_c: boolean;
  constant_version: string | null;
  has_ledger: boolean;
  can_read_ledger: boolean;
}

interface CatalogRow {
  kind: string;
  name: string;
  definition: string;
}

interface LedgerRow {
  step_name: string;
  package_version: string;
  script_hash: string | null;
  catalog_hash: string | null;
}

const EMPTY: InstalledState = {
  kind: "none",
  version: null,
  functions: new Map(),
  catalogHash: "",
  steps: [],
  script: null,
  isHelperMissing: false,
};

/** Reads the state of a schema in a transaction of its own; changes nothing and holds up nobody. */
export async function readStateAlone(db: InstallDatabase, schema: string): Promise<InstalledState> {
  await db.execute("begin transaction isolation level repeatable read read only");
  try {
    return await readState(db, schema);
  } finally {
    await db.execute("rollback");
  }
}

/** Reads the state of a schema inside a transaction, whose search path it sets: definitions are printed relative to it. */
export async function readState(db: InstallDatabase, schema: string): Promise<InstalledState> {
  await db.execute("set local search_path = pg_catalog, pg_temp");
  const [overview] = await db.query<Overview>(OVERVIEW, [schema]);
  if (overview?.has_objects !== true) return EMPTY;
  const catalog = await db.query<CatalogRow>(CATALOG, [schema]);
  const ledger = overview.can_read_ledger ? await readLedger(db, schema) : [];
  const script = ledger.find((row) => row.step_name === "script");
  // without a ledger it may be anything, and everything is made anyway
  const [helpers] =
    schema === "pgq" && script !== undefined ? await db.query<{ missing: boolean }>(HELPERS_MISSING) : [];
  return {
    kind: overview.extension_version !== null ? "extension" : overview.has_c && !overview.has_ledger ? "c" : "ours",
    version: overview.extension_version ?? script?.package_version ?? overview.constant_version,
    functions: new Map(catalog.filter((row) => row.kind === "function").map((row) => [row.name, row.definition])),
    catalogHash: hashCatalog(catalog),
    steps: ledger.filter((row) => row.step_name !== "script").map((row) => row.step_name),
    script: script?.script_hash == null ? null : { scriptHash: script.script_hash, catalogHash: script.catalog_hash },
    isHelperMissing: helpers?.missing ?? false,
  };
}

/** True when an installation of `scriptHash` would find everything as it would leave it. */
export function isUpToDate(state: InstalledState, scriptHash: string): boolean {
  return (
    state.kind === "ours" &&
    state.script?.scriptHash === scriptHash &&
    state.script.catalogHash === state.catalogHash &&
    !state.isHelperMissing
  );
}

async function readLedger(db: InstallDatabase, schema: string): Promise<readonly LedgerRow[]> {
  return db.query<LedgerRow>(
    `select step_name, package_version, script_hash, catalog_hash from ${schema}.install_step order by step_name`,
  );
}

function hashCatalog(catalog: readonly CatalogRow[]): string {
  const hash = createHash("sha256");
  for (const row of catalog) hash.update(JSON.stringify([row.kind, row.name, row.definition]));
  return hash.digest("hex");
}
