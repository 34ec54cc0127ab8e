// PostgreSQL's own logical replication: a publication and a subscription, with the settings that it has by default.
import { createMarks, MARKS, untilMarked, untilTrue } from "../mark.ts";
import type { OpenPeer, Peer } from "../peer.ts";
import { DATABASE, dsnOf, startServers } from "../servers.ts";

const SUBSCRIPTION = "bench";

export const openLogical: OpenPeer = async (patienceSeconds) => {
  // No timeout: the apply worker is made to stand still.
  const servers = await startServers({ wal_level: "logical", wal_sender_timeout: "0", wal_receiver_timeout: "0" });
  const origin = await servers.connect(servers.origin);
  const replica = await servers.connect(servers.replica);
  await createMarks(origin, replica);
  await origin.query(`create publication bench for table ${MARKS}`);
  await replica.query(
    `create subscription ${SUBSCRIPTION} connection '${dsnOf(servers.origin)}' publication bench with (slot_name = bench)`,
  );
  const signal = async (name: "SIGSTOP" | "SIGCONT"): Promise<void> => {
    const { rows } = await replica.query<{ pid: number }>(
      "select pid from pg_stat_subscription where relid is null and pid is not null",
    );
    for (const { pid } of rows) process.kill(pid, name);
  };
  const addTables = async (tables: readonly string[], isCopied: boolean): Promise<void> => {
    await origin.query(`alter publication bench add table ${tables.join(", ")}`);
    await replica.query(`alter subscription ${SUBSCRIPTION} refresh publication with (copy_data = ${isCopied})`);
  };
  const peer: Peer = {
    name: "logical",
    origin,
    replica,
    originUrl: servers.origin.url(DATABASE),
    replicaUrl: servers.replica.url(DATABASE),
    addTable: (table) => addTables([table], true),
    addEqualTable: (...tables) => addTables(tables, false),
    inSync: (table) =>
      untilTrue(
        replica,
        "select srsubstate = 'r' as done from pg_subscription_rel where srrelid = $1::regclass",
        [table],
        patienceSeconds,
      ),
    caughtUp: () => untilMarked(origin, replica, patienceSeconds),
    pause: () => signal("SIGSTOP"),
    resume: () => signal("SIGCONT"),
    run: () => Promise.reject(new Error("logical replication has no program")),
    cpuSeconds: () => servers.cpuSeconds(),
    async close() {
      await peer.resume();
      await replica.query(`drop subscription ${SUBSCRIPTION}`);
      await servers.stop();
    },
  };
  await peer.inSync(MARKS);
  return peer;
};
