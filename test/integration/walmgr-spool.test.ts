// archive_async_ack = spool with a real server and the built program: its archive_command is answered while the repository is
// away, serve is killed before it could bring anything there, and nothing is missing in the end, unless there is a limit.
import { readdirSync } from "node:fs";
import { expect, test, describe } from "vitest";
import { endMajors } from "../harness/major-pairs.ts";
import { startQuietCluster } from "../harness/quiet-cluster.ts";
import { until } from "../harness/until.ts";
import {
  compareWithServer,
  isContiguous,
  localRepository,
  openDatabase,
  switchWal,
  untilStored,
} from "../harness/walmgr.ts";
import { walmgrPlace } from "../harness/walmgr-program.ts";

/** Nobody writes into the repository then: it may be taken away. */
async function untilIdle(walmgrData: string): Promise<void> {
  const waiting = (): string[] => readdirSync(`${walmgrData}/spool`, { recursive: true, encoding: "utf8" });
  await until(() => !waiting().some((name) => /[0-9A-F]{24}/.test(name)), { timeoutMs: 60_000, what: "empty spools" });
}

describe.each(endMajors())("a spool with PostgreSQL %i", (major) => {
  test("takes WAL while the repository is away; of a serve that was killed the next one brings it there", async () => {
    await using place = walmgrPlace(major);
    await using cluster = await startQuietCluster({ major, settings: { archive_mode: "on", archive_command: "''" } });
    const [store, away] = [place.file("store"), place.file("away")];
    place.shell(`mkdir -m 700 ${store}`);
    const ini = place.ini("site", {
      ...{ master_db: cluster.url(), primary_conninfo: cluster.url() },
      ...{ repositories: store, archive_async_ack: "spool", warn_spool: "1", slot: "none" },
    });
    const spooled = (): string[] => readdirSync(place.file("walshipping/spool/pushed"));
    const serving = async (times: number): Promise<void> => {
      const started = (): number => place.logOf("site.log").split("serving").length - 1;
      await until(() => started() >= times, { timeoutMs: 60_000, what: "serve is ready" });
    };
    await using db = await openDatabase(cluster);
    const archived = async (name: string): Promise<void> => {
      const row = "select 1 from pg_stat_archiver where last_archived_wal >= $1";
      await until(async () => (await db.query(row, [name])).length > 0, {
        timeoutMs: 60_000,
        what: `${name} archived`,
      });
    };
    const killed = place.start(ini, "serve");
    await serving(1);
    expect((await place.run(ini, "setup")).status).toBe(0);
    await archived(await switchWal(db));
    // Beside it, with a spool of its own.
    const receiver = place.start(ini, "receive");
    await until(() => place.logOf("site.log").includes("receiving WAL"), {
      timeoutMs: 60_000,
      what: "receive is ready",
    });

    await untilIdle(place.file("walshipping"));
    place.shell(`mv ${store} ${away}`);
    const names = [await switchWal(db), await switchWal(db), await switchWal(db)];
    await archived(names[2]!);
    await killed.stop("SIGKILL");
    const waiting = spooled().sort();
    const checked = await place.run(ini, "check");
    const got = await place.run(ini, "archive-get", names[1]!, place.file("got"));
    place.shell(`mv ${away} ${store}`);
    const next = place.start(ini, "serve");
    await serving(2);
    await until(() => spooled().length === 0, { timeoutMs: 60_000, what: "the spool is empty" });
    const ended = [await next.stop(), await receiver.stop()];
    const repository = localRepository(store);

    expect(waiting).toEqual(expect.arrayContaining(names));
    expect(checked.out).toMatch(/^(WARNING|CRITICAL) spool: \d+ segments wait/m);
    expect(got.status).toBe(0);
    expect((await compareWithServer(repository, cluster.dataDirectory)).different).toEqual([]);
    expect(await isContiguous(repository, 1)).toBe(true);
    for (const name of names) expect(await repository.wal.find(name)).not.toBeNull();
    expect(ended).toEqual([0, 0]);
  });

  test("that is full drops WAL while no repository takes it; the gap is told everywhere, and a full backup clears it", async () => {
    await using place = walmgrPlace(major);
    await using cluster = await startQuietCluster({ major, settings: { archive_mode: "on", archive_command: "''" } });
    const [store, away] = [place.file("store"), place.file("away")];
    place.shell(`mkdir -m 700 ${store}`);
    const ini = place.ini("site", {
      ...{ master_db: cluster.url(), primary_conninfo: cluster.url(), slot: "none" },
      ...{ repositories: store, archive_async_ack: "spool", archive_queue_max: "20MB" },
    });
    const daemon = place.start(ini, "serve");
    await until(() => place.logOf("site.log").includes("serving"), { timeoutMs: 60_000, what: "serve is ready" });
    expect((await place.run(ini, "setup")).status).toBe(0);
    await using db = await openDatabase(cluster);
    const repository = localRepository(store);
    await untilStored(repository, await switchWal(db));

    await untilIdle(place.file("walshipping"));
    place.shell(`mv ${store} ${away}`);
    const kept = await switchWal(db);
    await until(() => place.logOf("site.log").includes("cannot store WAL"), { timeoutMs: 60_000 });
    for (let i = 0; i < 3; i += 1) await switchWal(db);
    const drops = (): number => place.logOf("site.log").split("PITR is broken").length - 1;
    await until(() => drops() >= 3, { timeoutMs: 60_000, what: "three segments are dropped" });
    const checked = await place.run(ini, "check");
    place.shell(`mv ${away} ${store}`);
    await untilStored(repository, kept);
    await until(async () => (await repository.wal.gaps()).length > 0, { timeoutMs: 60_000, what: "the gap is told" });
    const [info, verified] = [await place.run(ini, "info"), await place.run(ini, "verify")];
    const backup = await place.run(ini, "backup");
    const after = await place.run(ini, "check");
    await daemon.stop();

    expect(checked).toMatchObject({ status: 2, out: expect.stringContaining("WAL was lost in 1 places") as unknown });
    expect(info.out).toContain("WAL is missing in 1 places");
    expect(verified.status).not.toBe(0);
    expect(backup, backup.log).toMatchObject({ status: 0 });
    expect(after.out).not.toMatch(/WAL (was lost|is missing)/);
  });
});
