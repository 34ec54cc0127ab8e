// The replication slot of the receiver: made when it lacks, looked at before each stream.
import { PostgresError, type ReplicationConnection } from "../../postgres/index.ts";
import type { WalPosition } from "./receive-area.ts";

const EXISTS = "42710";

export type SlotState =
  /** Made just now: WAL is kept from here on. */
  | { readonly kind: "created"; readonly restart: WalPosition | null }
  | { readonly kind: "ready"; readonly restart: WalPosition | null };

/** Makes the slot unless it exists. Servers before 15 cannot tell what it keeps: `restart` is null there. */
export async function ensureSlot(connection: ReplicationConnection, name: string): Promise<SlotState> {
  try {
    await connection.createSlot(name, { reserveWal: true });
    return { kind: "created", restart: await restartOf(connection, name) };
  } catch (error) {
    if (!(error instanceof PostgresError) || error.sqlstate !== EXISTS) throw error;
    return { kind: "ready", restart: await restartOf(connection, name) };
  }
}

/** Makes it anew: one that has lost its WAL can never be used again. */
export async function renewSlot(connection: ReplicationConnection, name: string): Promise<WalPosition | null> {
  await connection.dropSlot(name);
  await connection.createSlot(name, { reserveWal: true });
  return await restartOf(connection, name);
}

/** Where the WAL begins that it keeps; null: not known, or it keeps none. */
export async function restartOf(connection: ReplicationConnection, name: string): Promise<WalPosition | null> {
  if (connection.major < 15) return null;
  const slot = await connection.readSlot(name);
  if (slot?.restartLsn == null || slot.restartTimeline === null) return null;
  return { timeline: slot.restartTimeline, lsn: slot.restartLsn };
}

/** The server does not have the WAL any more that was asked for. */
export function isWalRemoved(error: unknown): boolean {
  if (!(error instanceof PostgresError)) return false;
  if (error.sqlstate === "58P01") return true;
  return error.sqlstate === "55000" && /replication slot/.test(error.message);
}
