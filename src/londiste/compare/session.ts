// A session whose text forms of values do not depend on server, role or database.
import type { Connection } from "../../postgres/index.ts";

const settings: Readonly<Record<string, string>> = {
  datestyle: "ISO, MDY",
  intervalstyle: "postgres",
  timezone: "UTC",
  extra_float_digits: "3",
  bytea_output: "hex",
  xmloption: "content",
  lc_monetary: "C",
  quote_all_identifiers: "off",
  // Rows that a policy hides would be taken for missing ones: the server refuses instead.
  row_security: "off",
  // Each range is one plan; parallel workers would fight with our own sessions for the processors.
  max_parallel_workers_per_gather: "0",
  statement_timeout: "0",
  idle_in_transaction_session_timeout: "0",
  jit: "off",
};

export async function normalise(db: Connection): Promise<Connection> {
  const assignments = Object.entries(settings).map(([name, value]) => `set ${name} = '${value}'`);
  await db.execute(assignments.join(";"));
  return db;
}

export async function openSession(open: () => Promise<Connection>): Promise<Connection> {
  const db = await open();
  try {
    return await normalise(db);
  } catch (error) {
    await db.close();
    throw error;
  }
}

const BEGIN = "begin isolation level repeatable read read only";

/** Opens a transaction with a snapshot of its own. */
export async function beginSnapshot(db: Connection): Promise<void> {
  await db.execute(BEGIN);
  await db.query("select 1");
}

/** The snapshot of that transaction, for others. Valid as long as it is open. */
export async function exportSnapshot(db: Connection): Promise<string> {
  const { id } = await db.one<{ id: string }>("select pg_catalog.pg_export_snapshot() as id");
  return id;
}

export async function beginWith(db: Connection, snapshot: string): Promise<void> {
  await db.execute(`${BEGIN}; set transaction snapshot '${snapshot}'`);
}

export async function endSnapshot(db: Connection): Promise<void> {
  await db.execute("rollback");
}
