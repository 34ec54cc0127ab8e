// Keeps one snapshot of the source open, so that all sessions of a copy see the same rows.
import { type Connection, quoteFqname, splitFqname } from "../../postgres/index.ts";

/**
 * The text forms of values must not depend on the role or the database, nobody may end an idle transaction, and where a
 * policy would hide rows from us the server refuses.
 */
const SESSION = `
  set datestyle to 'ISO'; set intervalstyle to 'postgres'; set extra_float_digits to 3; set bytea_output to 'hex';
  set timezone to 'UTC'; set xmloption to 'content'; set statement_timeout to 0; set lock_timeout to 0;
  set idle_in_transaction_session_timeout to 0; set row_security to off`;

export async function prepareCopySession(db: Connection): Promise<void> {
  await db.execute(SESSION);
}

export interface HeldSnapshot {
  /** For `set transaction snapshot`. */
  readonly id: string;
  /** txid_snapshot text. */
  readonly text: string;
}

/**
 * Opens the transaction that has the snapshot; it lasts as long as the session. Until then the table is not rewritten, so
 * that a range of its blocks holds the same rows whenever it is read.
 */
export async function holdSnapshot(holder: Connection, table: string, signal: AbortSignal): Promise<HeldSnapshot> {
  await prepareCopySession(holder);
  const lock = (await canBeLocked(holder, table)) ? `; lock table ${quoteFqname(table)} in access share mode` : "";
  await holder.execute(`begin isolation level repeatable read, read only${lock}`, { signal });
  return await holder.one<HeldSnapshot>("select pg_export_snapshot() as id, txid_current_snapshot()::text as text");
}

/** Begins a transaction that sees what the holder sees. */
export async function shareSnapshot(reader: Connection, { id }: Pick<HeldSnapshot, "id">): Promise<void> {
  await reader.execute(`begin isolation level repeatable read, read only; set transaction snapshot '${id}'`);
}

/** Foreign tables cannot be; one that is missing is told later. */
async function canBeLocked(db: Connection, table: string): Promise<boolean> {
  const { found } = await db.one<{ found: boolean }>(
    `select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                     where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p')) as found`,
    splitFqname(table),
  );
  return found;
}
