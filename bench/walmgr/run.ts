// npm run bench -- walmgr: backups and WAL beside PostgreSQL's own tools and pgBackRest.
import { chooseContests } from "../harness/choose-contests.ts";
import { createMeter } from "../harness/meter.ts";
import { runContests } from "../harness/run-contests.ts";
import { serverCpuSeconds } from "../harness/server-cpu.ts";
import { backupContests } from "./contests/backup.ts";
import { walContests } from "./contests/wal.ts";
import { sizes } from "./model.ts";
import { runClient, startWalServer } from "./server.ts";
import { toolNames } from "./tool.ts";
import { openOurs } from "./tools/ours.ts";
import { openPg } from "./tools/pg.ts";
import { openPgbackrest } from "./tools/pgbackrest.ts";

const open = { ours: openOurs, pg: openPg, pgbackrest: openPgbackrest } as const;

interface WalmgrBenchOptions {
  /** Part of the names of the contests to run. */
  readonly part: string;
  readonly quick: boolean;
  readonly json: boolean;
}

/** @returns exit status: 0 when everything ran, whether targets were met or not */
export async function runWalmgrBench({ part, quick, json }: WalmgrBenchOptions): Promise<number> {
  const size = quick ? sizes.quick : sizes.full;
  const server = await startWalServer();
  try {
    const contests = chooseContests([...backupContests(server), ...walContests(server)], part);
    await runClient("pgbench", ["-i", "-q", "-s", String(size.scale), server.cluster.url()]);
    return await runContests({
      contests,
      names: toolNames,
      open: async (name) => await open[name](server),
      size,
      isQuick: quick,
      isJson: json,
      meter: () => createMeter(() => serverCpuSeconds(server.cluster.dataDirectory)),
    });
  } finally {
    await server.stop();
  }
}
