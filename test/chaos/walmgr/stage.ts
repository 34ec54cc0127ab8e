// A server whose WAL goes two ways, by stream and by archive_command, into two repositories, while rows are written.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../../src/clock/index.ts";
import { type Cluster, startCluster } from "../../../src/testing/index.ts";
import { isDone, listBackups } from "../../../src/walmgr/backup/index.ts";
import { DirectoryStore, openRepository, type StoreRepository } from "../../../src/walmgr/index.ts";
import { until } from "../../harness/until.ts";
import { queryAt } from "../../harness/query-at.ts";
import { type WalmgrProcess, type WalmgrSite, walmgrSite } from "../../harness/walmgr-site.ts";
import { type Acknowledged, TABLE, write } from "./writers.ts";

export const KEPT_BACKUPS = 2;
const WRITERS = 2;
const START_MS = 60_000;

export interface Stage extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly site: WalmgrSite;
  /** Directories of the repositories. */
  readonly places: readonly string[];
  readonly repositories: readonly StoreRepository[];
  readonly acknowledged: readonly Acknowledged[];
  /** Ended and started again by whoever plays here. */
  readonly daemons: Map<"receive" | "serve", WalmgrProcess>;
  /** Ends the writers. */
  calm(): Promise<void>;
  /** Complete backups, in each repository. */
  backups(): Promise<readonly (readonly string[])[]>;
}

export async function createStage(major: number): Promise<Stage> {
  const settings = { fsync: "off", wal_keep_size: "'16GB'", max_wal_size: "'4GB'", archive_mode: "on" };
  const cluster = await startCluster({ major, durable: true, settings });
  await queryAt(cluster.url(), TABLE);
  const site = walmgrSite([
    `master_db = ${cluster.url()}`,
    "repositories = %(walmgr_data)s.one, %(walmgr_data)s.two",
    `keep_backups = ${KEPT_BACKUPS}`,
    "backup_compression = lz4",
    "wal_compression = lz4",
    "backup_wal = wait",
  ]);
  await site.run("setup", "--stream-only");
  const daemons = new Map([
    ["receive", site.start("receive")],
    ["serve", site.start("serve")],
  ] as const);
  const client = join(site.data, "client.sh");
  await until(() => existsSync(client), { timeoutMs: START_MS, what: "serve" });
  await queryAt(cluster.url(), `alter system set archive_command = '${client} push "%p" %f'`);
  await queryAt(cluster.url(), "select pg_reload_conf()");

  const places = ["one", "two"].map((name) => `${site.data}.${name}`);
  const repositories = places.map((place) =>
    openRepository({ store: new DirectoryStore(place), clock: systemClock, layout: "standard" }),
  );
  const acknowledged: Acknowledged[] = [];
  let isOver = false;
  const writers = Array.from({ length: WRITERS }, (_, n) =>
    write(cluster.url(), { first: n, step: WRITERS }, acknowledged, () => isOver),
  );
  await site.run("backup");
  const calm = async (): Promise<void> => {
    isOver = true;
    await Promise.all(writers);
  };
  return {
    ...{ cluster, site, places, repositories, acknowledged, daemons, calm },
    backups: () =>
      Promise.all(
        repositories.map(async ({ store }) => (await listBackups(store)).filter(isDone).map(({ set }) => set)),
      ),
    async [Symbol.asyncDispose]() {
      await calm();
      await site[Symbol.asyncDispose]();
      await cluster.stop();
    },
  };
}
