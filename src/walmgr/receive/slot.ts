// The replication slot of the receiver: made when it lacks, looked at before each stream.
import { SkytoolsError } from "../../errors/index.ts";
import { PostgresError, type ReplicationConnection } from "../../postgres/index.ts";
import type { WalPosition } from "./receive-area.ts";

const EXISTS = "42710";
const NOT_SUPPORTED = "0A000";
const WRONG_STATE = "55000";
const FILE_MISSING = "58P01";

export interface SlotState {
  /** Servers before 15 cannot tell what it keeps: null there. */
  readonly restart: WalPosition | null;
  /** It was not there before. */
  readonly isNew: boolean;
}

/** Makes the slot unless it exists. @throws SAFETY_REFUSED when it is a logical one; servers before 15 tell that at its use */
export async function ensureSlot(connection: ReplicationConnection, name: string): Promise<SlotState> {
  let isNew = true;
  try {
    await connection.createSlot(name, { reserveWal: true });
  } catch (error) {
    if (!(error instanceof PostgresError) || error.sqlstate !== EXISTS) throw error;
    isNew = false;
  }
  return { restart: await restartOf(connection, name), isNew };
}

/** Makes it anew: one that has lost its WAL can never be used again. */
export async function renewSlot(connection: ReplicationConnection, name: string): Promise<WalPosition | null> {
  await connection.dropSlot(name);
  await connection.createSlot(name, { reserveWal: true });
  return await restartOf(connection, name);
}

/** Where the WAL begins that it keeps; null: not known, or it keeps none. @throws SAFETY_REFUSED when it is a logical one */
export async function restartOf(connection: ReplicationConnection, name: string): Promise<WalPosition | null> {
  if (connection.major < 15) return null;
  try {
    const slot = await connection.readSlot(name);
    if (slot?.restartLsn == null || slot.restartTimeline === null) return null;
    return { timeline: slot.restartTimeline, lsn: slot.restartLsn };
  } catch (error) {
    throw error instanceof PostgresError && error.sqlstate === NOT_SUPPORTED ? logicalSlot(name) : error;
  }
}

/** The server does not have the WAL any more that was asked for. */
export function isWalRemoved(error: unknown): error is PostgresError {
  return error instanceof PostgresError && error.sqlstate === FILE_MISSING;
}

/** The slot can be used no more. @throws SAFETY_REFUSED when it never could, being a logical one */
export function isSlotLost(error: unknown, { major }: Pick<ReplicationConnection, "major">, name: string): boolean {
  if (!(error instanceof PostgresError) || error.sqlstate !== WRONG_STATE) return false;
  // Before 15 this is no answer for a physical one. Newer servers were asked before.
  if (major < 15) throw logicalSlot(name);
  return true;
}

function logicalSlot(name: string): SkytoolsError {
  return new SkytoolsError("SAFETY_REFUSED", `the replication slot "${name}" is a logical one, somebody else's`, {
    hint: "set `slot` to a name of its own; or drop that slot if nobody needs it",
  });
}
