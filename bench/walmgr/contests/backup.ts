// A full backup and its restore.
import { statSync } from "node:fs";
import type { WalServer } from "../server.ts";
import { atLeast, atMost, type Contest } from "../model.ts";

export function backupContests(server: WalServer): readonly Contest[] {
  const megabytes = async (): Promise<number> => {
    const { rows } = await server.client.query<{ mb: number }>(
      "select sum(pg_database_size(oid))::float8 / 1e6 as mb from pg_database",
    );
    return rows[0]!.mb;
  };
  const backup =
    (compression: "none" | "lz4"): Contest["measure"] =>
    async (tool, _, meter) => {
      const size = await megabytes();
      const reading = await meter.time(async () => {
        await tool.backup(compression);
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
      measure: restore,
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
      measure: restore,
    },
  ];

  async function restore(...[tool, , meter]: Parameters<Contest["measure"]>): ReturnType<Contest["measure"]> {
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
  }
}
