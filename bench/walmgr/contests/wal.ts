// WAL: catching up with a backlog, commits that wait for the receiver, and pushing finished segments.
import { copyFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../../test/harness/until.ts";
import { atLeast, atMost, type Contest } from "../model.ts";
import { runClient, type WalServer } from "../server.ts";

const SEGMENT_MB = 16;

export function walContests({ client, cluster, folder, remove }: WalServer): readonly Contest[] {
  const one = async (sql: string): Promise<string> => {
    const { rows } = await client.query<{ v: string }>(`select (${sql})::text as v`);
    return rows[0]!.v;
  };
  /** Until the position has moved on by so many segments. */
  const writeWal = async (segments: number): Promise<void> => {
    await client.query("create unlogged table if not exists sink (b bytea)");
    await client.query("create table if not exists bulk (b text)");
    const from = await one("pg_current_wal_lsn()");
    while (Number(await one(`pg_wal_lsn_diff(pg_current_wal_lsn(), '${from}')`)) < segments * SEGMENT_MB * 2 ** 20) {
      await client.query("insert into bulk select repeat(md5(n::text), 8) from generate_series(1, 50000) n");
    }
    await client.query("truncate bulk");
    await client.query("select pg_switch_wal()");
  };
  return [
    {
      name: "receiving a backlog of WAL",
      figures: { rate: "MB/s", cpu: "µs of CPU a MB", memory: "MB at most" },
      peers: ["ours", "pg"],
      targets: [atLeast("rate", 0.85, "pg"), atMost("memory", 150)],
      async measure(tool, { walSegments }, meter) {
        await client.query("checkpoint");
        await client.query("select pg_create_physical_replication_slot('bench', true)");
        try {
          await writeWal(walSegments);
          const end = await one("pg_current_wal_lsn()");
          const reading = await meter.time(async () => {
            await tool.receive(end);
            return walSegments * SEGMENT_MB;
          });
          return { ...reading, memory: (tool.peakMemoryBytes ?? NaN) / 2 ** 20 };
        } finally {
          await client.query("select pg_drop_replication_slot('bench')");
        }
      },
    },
    {
      name: "commits that wait for the receiver, 4 clients",
      figures: { tps: "tps" },
      peers: ["ours", "pg"],
      targets: [atLeast("tps", 0.85, "pg")],
      async measure(tool, { commitSeconds }) {
        const receiver = tool.synchronousReceiver();
        if (receiver === null) throw new Error("no receiver");
        try {
          await until(async () => (await one("select count(*) from pg_stat_replication where application_name = 'bench' and state = 'streaming'")) === "1", { timeoutMs: 30_000 }); // prettier-ignore
          await client.query("alter system set synchronous_standby_names = 'bench'");
          await client.query("select pg_reload_conf()");
          await until(async () => (await one("select count(*) from pg_stat_replication where sync_state = 'sync'")) === "1", { timeoutMs: 30_000 }); // prettier-ignore
          const words = ["-n", "-N", "-M", "prepared", "-c", "4", "-T", String(commitSeconds), cluster.url()];
          const output = await runClient("pgbench", words);
          return { tps: Number(/^tps = ([0-9.]+)/m.exec(output)?.[1]) };
        } finally {
          await client.query("alter system reset synchronous_standby_names");
          await client.query("select pg_reload_conf()");
          await until(async () => (await one("current_setting('synchronous_standby_names')")) === "");
          await receiver.stop("SIGINT");
        }
      },
    },
    {
      name: "archive_command, one segment after the other",
      figures: { rate: "segments/s" },
      peers: ["ours", "pgbackrest"],
      targets: [atLeast("rate", 1.5, "pgbackrest")],
      async measure(tool, { pushedSegments }, meter) {
        await writeWal(pushedSegments + 1);
        const place = folder();
        try {
          const wal = join(cluster.dataDirectory, "pg_wal");
          const current = await one("pg_walfile_name(pg_current_wal_lsn())");
          const names = readdirSync(wal)
            .filter((name) => /^[0-9A-F]{24}$/.test(name) && name < current)
            .sort()
            .slice(-pushedSegments);
          for (const name of names) copyFileSync(join(wal, name), join(place, name));
          const pushing = await tool.startPushing();
          try {
            return await meter.time(async () => {
              await pushing.push(names.map((name) => join(place, name)));
              return names.length;
            });
          } finally {
            await pushing.stop();
          }
        } finally {
          remove(place);
        }
      },
    },
  ];
}
