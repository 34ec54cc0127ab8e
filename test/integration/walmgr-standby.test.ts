// Standbys that walmgr makes, with real servers: they stream, take from the repository what the primary has thrown away,
// take over, and the old primary comes back as a standby.
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { connectReplication } from "../../src/postgres/index.ts";
import { freePort } from "../../src/testing/server-process.ts";
import { DirectoryStore } from "../../src/walmgr/index.ts";
import { askServer } from "../../src/walmgr/receive/index.ts";
import { Spool } from "../../src/walmgr/spool/index.ts";
import { knownEnd } from "../../src/walmgr/standby/index.ts";
import { majors } from "../harness/database.ts";
import { startQuietCluster } from "../harness/quiet-cluster.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { until } from "../harness/until.ts";
import { currentLsn, localRepository, openDatabase, switchWal } from "../harness/walmgr.ts";
import { walmgrPlace } from "../harness/walmgr-program.ts";
import { queryAt } from "../harness/query-at.ts";

const WAIT = { timeoutMs: 60_000 };
const urlOf = (port: number): string => `postgresql://postgres@127.0.0.1:${port}/postgres`;
const countAt = (port: number): Promise<unknown> =>
  queryAt<{ n: number }>(urlOf(port), "select count(*)::int as n from t").then(
    ([row]) => row?.n,
    () => null,
  );

describe.each(majors())("standbys of PostgreSQL %i", (major) => {
  test("a standby streams, falls back to the repository, takes over, and the old primary becomes its standby", async () => {
    await using place = walmgrPlace(major);
    await using primary = await startQuietCluster({
      major,
      durable: true,
      settings: { fsync: "off", wal_keep_size: "0", max_wal_size: "'32MB'", min_wal_size: "'32MB'" },
    });
    const [port, oldPort] = [await freePort(), await freePort()];
    const data = place.file("standby");
    const control = (directory: string, at: number, log: string) => ({
      slave_data: directory,
      slave_bin: place.bin,
      slave_start_cmd: `${place.bin}/pg_ctl -w -D ${directory} -l ${place.file(log)} -o "-p ${at} -k ${place.folder}" start`,
      slave_stop_cmd: `${place.bin}/pg_ctl -w -m fast -D ${directory} stop`,
    });
    const ini = place.ini("wal-slave", {
      primary_conninfo: primary.url(),
      ...control(data, port, "standby.server.log"),
    });
    place.stopAtEnd(data);
    const receiver = place.start(ini, "receive");
    // Recovery fetches by the shell client: a process of Node for each file would take seconds.
    place.start(ini, "serve");
    await until(() => place.logOf("walshipping/client.sh") !== "", { ...WAIT, what: "serve is ready" });
    await using db = await openDatabase(primary);
    await db.execute("create table t (n int); insert into t values (1)");
    const repository = localRepository(place.file("walshipping"));
    await until(async () => (await repository.identity().catch(() => null)) !== null, WAIT);

    const made = await place.run(ini, "createslave", "--json");
    expect(made, made.log).toMatchObject({ status: 0, out: expect.stringContaining('"isStarted":true') as unknown });
    await db.execute("insert into t values (2)");
    await until(async () => (await countAt(port)) === 2, { ...WAIT, what: "the standby streams" });

    // What the standby lacks afterwards is only in the repository.
    place.shell(control(data, port, "standby.server.log").slave_stop_cmd);
    await db.execute("select pg_drop_replication_slot('walmgr_wal_slave_standby')");
    for (let i = 0; i < 5; i += 1) {
      await db.execute("insert into t values (3)");
      await switchWal(db);
    }
    const lsn = await currentLsn(db);
    await until(async () => (await repository.wal.partials()).some(({ flushedLsn }) => flushedLsn >= lsn), {
      ...WAIT,
      what: "the receiver has everything",
    });
    await db.execute("checkpoint");
    await db.execute("select pg_create_physical_replication_slot('walmgr_wal_slave_standby')");
    place.shell(control(data, port, "standby.server.log").slave_start_cmd);
    await until(async () => (await countAt(port)) === 7, { ...WAIT, what: "the standby has caught up" });
    await until(
      async () =>
        (await queryAt(urlOf(port), "select 1 from pg_stat_wal_receiver where status = 'streaming'")).length > 0,
      { ...WAIT, what: "it streams again" },
    );
    expect(place.logOf("standby.server.log")).toMatch(/restored log file "[0-9A-F]{24}" from archive/);

    await primary.halt("immediate");
    const promoted = await place.run(ini, "promote", "--json");
    expect(promoted, promoted.log).toMatchObject({ status: 0, out: '{"timeline":2}\n' });
    await queryAt(urlOf(port), "insert into t values (8)");

    await receiver.stop();
    const back = place.ini("back", {
      primary_conninfo: urlOf(port),
      slot: "walmgr_wal_slave",
      ...control(primary.dataDirectory, oldPort, "old.server.log"),
    });
    place.stopAtEnd(primary.dataDirectory);
    place.start(back, "receive");
    const resurrected = await place.run(back, "resurrect", "--json");
    expect(resurrected, resurrected.log + place.logOf("old.server.log")).toMatchObject({
      status: 0,
      out: expect.stringContaining('"isStarted":true') as unknown,
    });
    await until(async () => (await countAt(oldPort)) === 8, { ...WAIT, what: "the old primary follows" });
  });

  test("a standby that lacks what only the receiver has gets it when it is promoted, also where replay is paused", async () => {
    await using place = walmgrPlace(major);
    await using primary = await startQuietCluster({ major, durable: true, settings: { fsync: "off" } });
    const port = await freePort();
    const data = place.file("standby");
    const start = `${place.bin}/pg_ctl -w -D ${data} -l ${place.file("server.log")} -o "-p ${port} -k ${place.folder}" start`;
    const ini = place.ini("wal-slave", {
      primary_conninfo: primary.url(),
      slave_data: data,
      slave_bin: place.bin,
      slave_start_cmd: start,
    });
    place.stopAtEnd(data);
    place.start(ini, "receive");
    place.start(ini, "serve");
    await until(() => place.logOf("walshipping/client.sh") !== "", { ...WAIT, what: "serve is ready" });
    await using db = await openDatabase(primary);
    await db.execute("create table t (n int); insert into t values (1)");
    expect(await place.run(ini, "createslave")).toMatchObject({ status: 0 });
    await until(async () => (await countAt(port)) === 1, WAIT);
    place.shell(`${place.bin}/pg_ctl -w -m fast -D ${data} stop`);
    await db.execute("insert into t values (2)");
    await switchWal(db);
    await db.execute("insert into t values (3)");
    const lsn = await currentLsn(db);
    const repository = localRepository(place.file("walshipping"));
    await until(async () => (await repository.wal.partials()).some(({ flushedLsn }) => flushedLsn >= lsn), {
      ...WAIT,
      what: "the receiver has everything",
    });
    await primary.halt("immediate");
    place.shell(start);
    await until(async () => (await countAt(port)) === 2, { ...WAIT, what: "the complete segments are replayed" });
    await queryAt(urlOf(port), "select pg_wal_replay_pause()");
    const [row] = await queryAt<{ command: string }>(
      urlOf(port),
      "select format('alter system set restore_command = %L', current_setting('restore_command')) as command",
    );
    await queryAt(urlOf(port), "alter system set restore_command = '/bin/false'");
    await queryAt(urlOf(port), "select pg_reload_conf()");

    const interrupted = place.start(ini, "promote", "--timeout", "1h");
    await until(() => existsSync(place.file("walshipping/promoting")), { ...WAIT, what: "promote waits" });
    const ended = await interrupted.stop("SIGINT");
    const isRecovering = await queryAt(urlOf(port), "select pg_is_in_recovery() as yes");
    await queryAt(urlOf(port), row!.command);
    await queryAt(urlOf(port), "select pg_reload_conf()");
    const promoted = await place.run(ini, "promote", "--json");

    expect(isRecovering).toEqual([{ yes: true }]);
    expect(ended).toBe(1);
    expect(promoted, promoted.log).toMatchObject({ status: 0, out: '{"timeline":2}\n' });
    expect(await countAt(port)).toBe(3);
    expect(existsSync(place.file("walshipping/promoting"))).toBe(false);
  });

  test("promote given again while the server is on its way, as after a kill, waits for its end", async () => {
    await using place = walmgrPlace(major);
    await using primary = await startQuietCluster({ major, durable: true, settings: { fsync: "off" } });
    const [port, data] = [await freePort(), place.file("standby")];
    const ini = place.ini("wal-slave", {
      primary_conninfo: primary.url(),
      slave_data: data,
      slave_start_cmd: `${place.bin}/pg_ctl -w -D ${data} -l ${place.file("server.log")} -o "-p ${port} -k ${place.folder}" start`,
    });
    place.stopAtEnd(data);
    place.start(ini, "receive");
    await using db = await openDatabase(primary);
    await db.execute("create table t (n int); insert into t values (1)");
    expect(await place.run(ini, "createslave")).toMatchObject({ status: 0 });
    await until(async () => (await countAt(port)) === 1, WAIT);
    const go = place.file("go");
    const command = `while [ ! -e ${go} ]; do sleep 0.1; done; exit 1`;
    await queryAt(urlOf(port), `alter system set restore_command = '${command}'`);
    await queryAt(urlOf(port), "select pg_reload_conf()");
    await queryAt(urlOf(port), "select pg_promote(false)");
    const isOngoing = () =>
      queryAt(urlOf(port), "select pg_wal_replay_resume()").then(
        () => false,
        (error: unknown) => /promotion is ongoing/.test(String(error)),
      );
    await until(isOngoing, { ...WAIT, what: "the server is on its way" });
    await primary.halt("immediate");

    const again = place.run(ini, "promote", "--json");
    await until(() => existsSync(place.file("walshipping/promoting")), { ...WAIT, what: "promote is at work" });
    place.shell(`touch ${go}`);
    const promoted = await again;

    expect(promoted, promoted.log).toMatchObject({ status: 0, out: '{"timeline":2}\n' });
    expect(await countAt(port)).toBe(1);
  });

  test("what the receiver could not bring to a repository yet counts for what the old primary had", async () => {
    await using primary = await startQuietCluster({ major });
    using folder = temporaryFolder();
    await using db = await openDatabase(primary);
    const local = localRepository(folder.path);
    await using replication = await connectReplication(primary.url(), { env: {} });
    await local.enroll(await askServer(replication));
    await db.execute("create table t (n int)");
    const { name } = await db.one<{ name: string }>("select pg_walfile_name(pg_current_wal_lsn()) as name");
    const lsn = await currentLsn(db);
    await db.execute("select pg_switch_wal()");
    mkdirSync(folder.file("spool"));
    copyFileSync(join(primary.dataDirectory, "pg_wal", name), folder.file(`spool/${name}`));
    const spools = Spool.both(new DirectoryStore(folder.path));
    const place = { timeline: 1, lsn: 0n };

    expect(await knownEnd(local, place)).toBeNull();
    expect(await knownEnd(local, place, spools)).toBeGreaterThanOrEqual(lsn);
  });
});
