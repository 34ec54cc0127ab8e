// Sessions that replay changes: nothing that they write is logged again or refused.
import type { Queryable } from "../../postgres/index.ts";

export type ReplicationRole = "origin" | "replica" | "local";

/**
 * role: session_replication_role is set, the server fires no ordinary triggers and checks no foreign keys.
 * setting: the server does not allow that; the logging triggers and queues of our schemas heed a setting instead, the
 * user's own triggers and foreign keys do not.
 */
export type ReplicaMode = "role" | "setting";

/**
 * Makes the session one that replays. @throws DATABASE 42501 where the schema is the C one and its owner may not set the
 * role
 */
export async function enterReplicaMode(db: Queryable): Promise<ReplicaMode> {
  await setReplicationRole(db, "replica", { isLocal: false });
  const { role } = await db.one<{ role: string }>(
    "select pg_catalog.current_setting('session_replication_role') as role",
  );
  return role === "replica" ? "role" : "setting";
}

/** isLocal: until the end of the transaction. */
export async function setReplicationRole(
  db: Queryable,
  role: ReplicationRole,
  { isLocal }: { readonly isLocal: boolean },
): Promise<void> {
  await db.query("select londiste.set_session_replication_role($1::text, $2::bool)::text as done", [role, isLocal]);
}
