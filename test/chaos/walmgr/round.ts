// One disaster: writers write, the server is killed and its data directory removed, the repository is restored. What of
// the acknowledged commits is missing?
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startCluster } from "../../../src/testing/index.ts";
import type { Chance } from "../../harness/chance.ts";
import { until } from "../../harness/until.ts";
import { queryAt } from "../../harness/query-at.ts";
import { restorePlace } from "../../harness/walmgr-side.ts";
import { type WalmgrSite, walmgrSite } from "../../harness/walmgr-site.ts";
import { type Acknowledged, lsnOf, TABLE, write } from "./writers.ts";

export interface RoundOptions {
  readonly major: number;
  readonly isSynchronous: boolean;
  readonly random: Chance;
}

export interface RoundResult {
  readonly acknowledged: number;
  /** Acknowledged after the backup had ended: only WAL can have them. */
  readonly afterBackup: number;
  readonly missing: number;
  /** WAL between the end of recovery and the last acknowledged commit. */
  readonly lostBytes: number;
  /** Between the last acknowledged commit and the last one that was restored. */
  readonly lostSeconds: number;
}

const WRITERS = 4;
const TIMEOUT_MS = 120_000;

export async function disaster({ major, isSynchronous, random }: RoundOptions): Promise<RoundResult> {
  await using cluster = await startCluster({ major, durable: true, settings: { fsync: "off" } });
  await queryAt(cluster.url(), TABLE);
  await using site = walmgrSite([
    `master_db = ${cluster.url()}`,
    `synchronous = ${isSynchronous ? 1 : 0}`,
    "backup_compression = lz4",
    "backup_wal = wait",
  ]);
  const receiver = site.start("receive");
  const serve = site.start("serve");
  await untilReceiving(cluster.url());
  if (isSynchronous) await site.run("synch-standby", "walmgr_archive");

  const acknowledged: Acknowledged[] = [];
  const writers = Array.from({ length: WRITERS }, (_, n) =>
    write(cluster.url(), { first: n, step: WRITERS }, acknowledged, () => false),
  );
  await site.run("backup");
  const atBackup = acknowledged.length;
  await until(() => acknowledged.length > atBackup, { timeoutMs: TIMEOUT_MS, what: "commits after the backup" });
  await delay(random.int(3_000));

  killServer(cluster.dataDirectory);
  await Promise.all(writers);
  rmSync(cluster.dataDirectory, { recursive: true, force: true });
  // The receiver's computer may go down too: a killed process has lost nothing that it confirmed.
  await receiver.end(random.chance(0.5) ? "SIGKILL" : "SIGTERM");

  const restored = await restoreLatest(site, major);
  await serve.end("SIGTERM");
  return {
    ...compare(acknowledged, restored),
    acknowledged: acknowledged.length,
    afterBackup: acknowledged.length - atBackup,
  };
}

async function untilReceiving(url: string): Promise<void> {
  const sql = "select 1 from pg_stat_replication where application_name = 'walmgr_archive' and state = 'streaming'";
  await until(async () => (await queryAt(url, sql)).length > 0, { timeoutMs: TIMEOUT_MS, what: "receiver streams" });
}

/** All its processes at once, as a power cut would end them. */
function killServer(dataDirectory: string): void {
  const [pid = ""] = readFileSync(join(dataDirectory, "postmaster.pid"), "utf8").split("\n");
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  for (const one of [pid, ...children].map(Number)) {
    try {
      if (one > 0) process.kill(one, "SIGKILL");
    } catch {
      // It has ended already.
    }
  }
}

interface Restored {
  readonly ids: ReadonlySet<number>;
  readonly replayedLsn: bigint;
}

async function restoreLatest(site: WalmgrSite, major: number): Promise<Restored> {
  await using place = await restorePlace(major);
  await site.run("restore", "--dest", place.dataDirectory);
  if (!(await place.open())) throw new Error(`the restored server ended: ${place.log().slice(-2_000)}`);
  const rows = await queryAt<{ id: number }>(place.url, "select id from paid");
  const [end] = await queryAt<{ lsn: string }>(place.url, "select pg_last_wal_replay_lsn()::text as lsn");
  return { ids: new Set(rows.map(({ id }) => id)), replayedLsn: lsnOf(end!.lsn) };
}

function compare(
  acknowledged: readonly Acknowledged[],
  { ids, replayedLsn }: Restored,
): Pick<RoundResult, "missing" | "lostBytes" | "lostSeconds"> {
  const there = acknowledged.filter(({ id }) => ids.has(id));
  const lastLsn = acknowledged.reduce((last, { lsn }) => (lsn > last ? lsn : last), 0n);
  const lastOf = (rows: readonly Acknowledged[]): number => rows.reduce((last, { atMs }) => Math.max(last, atMs), 0);
  return {
    missing: acknowledged.length - there.length,
    lostBytes: Math.max(0, Number(lastLsn - replayedLsn)),
    lostSeconds: (lastOf(acknowledged) - lastOf(there)) / 1000,
  };
}
