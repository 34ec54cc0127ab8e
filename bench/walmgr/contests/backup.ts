// A full backup and its restore.
import { statSync } from "node:fs";
import type { WalServer } from "../server.ts";
import { atLeast, atMost, type Contest } from "../model.ts";
import type { Tool } from "../tool.ts";

type Compression = Parameters<Tool["backup"]>[0];

export function backupContests(server: WalServer): readonly Contest[] {
  const megabytes = async (): Promise<number> => {
    const { rows } = await server.client.query<{ mb: number }>(
      "select sum(pg_database_size(oid))::float8 / 1e6 as mb from pg_database",
    );
    return rows[0]!.mb;
  };
  /** What each tool has to restore from: a contest can run without the others. */
  const made = new Map<Tool, Compression>();
  const make = async (tool: Tool, compression: Compression): Promise<void> => {
    await tool.backup(compression);
    made.set(tool, compression);
  };
  const backup =
    (compression: Compression): Contest["measure"] =>
    async (tool, _, meter) => {
      const size = await megabytes();
      const reading = await meter.time(async () => {
        await make(tool, compression);
        return size;
      });
      return { ...reading, memory: (tool.peakMemoryBytes ?? NaN) / 2 ** 20 };
    };
  const figures = { rate: "MB/s", cpu: "µs of CPU a MB", memory: "MB at most" };
  return [
    {
      name: "base backup, tar",
      figures,
      peers: ["ours", "pg"],
      targets: [atLeast("rate", 0.8, "pg"), atMost("memory", 150)],
      measure: backup("none"),
    },
    {
      name: "restore of it",
      figures: { rate: "MB/s" },
      peers: ["ours", "pg"],
      // At most 1.5 times the time of tar.
      targets: [atLeast("rate", 1 / 1.5, "pg")],
      measure: restoreOf("none"),
    },
    {
      name: "base backup, lz4",
      figures,
      peers: ["ours", "pgbackrest"],
      targets: [atLeast("rate", 1, "pgbackrest"), atMost("memory", 150)],
      measure: backup("lz4"),
    },
    {
      name: "restore from lz4",
      figures: { rate: "MB/s" },
      peers: ["ours", "pgbackrest"],
      targets: [atLeast("rate", 2, "pgbackrest")],
      measure: restoreOf("lz4"),
    },
  ];

  function restoreOf(compression: Compression): Contest["measure"] {
    return async (tool, _, meter) => {
      if (made.get(tool) !== compression) await make(tool, compression);
      const size = await megabytes();
      const folder = server.folder();
      try {
        const reading = await meter.time(async () => {
          await tool.restore(folder);
          return size;
        });
        statSync(`${folder}/PG_VERSION`);
        return reading;
      } finally {
        server.remove(folder);
      }
    };
  }
}
