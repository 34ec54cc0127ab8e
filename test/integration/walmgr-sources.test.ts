// Where WAL and backups come from besides the primary: a standby, and servers that went different ways.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock/index.ts";
import { connectReplication } from "../../src/postgres/index.ts";
import { deliversWal } from "../../src/walmgr/backup/wal-delivery.ts";
import { parseWalPageHeader, segmentBefore } from "../../src/walmgr/formats/index.ts";
import { DirectoryStore, openRepository, parseLsn, pushFile, segmentName } from "../../src/walmgr/index.ts";
import { reachableMoments } from "../../src/walmgr/info/index.ts";
import type { ReceiverOptions } from "../../src/walmgr/receive/index.ts";
import type { RecoveryTarget } from "../../src/walmgr/restore/index.ts";
import { majors } from "../harness/database.ts";
import { allOf } from "../harness/made-wal.ts";
import { queryAt } from "../harness/query-at.ts";
import { startQuietCluster } from "../harness/quiet-cluster.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { until } from "../harness/until.ts";
import {
  compareWithServer,
  isContiguous,
  receiverFor,
  startReceiver,
  untilFlushed,
  untilStored,
} from "../harness/walmgr.ts";
import {
  type RestorePlace,
  restorePlace,
  restoreTo,
  startWalmgrSide,
  type TestRepository,
  type WalmgrSide,
} from "../harness/walmgr-side.ts";

const TIMEOUT_MS = 60_000;

describe.each(majors().slice(-1))("PostgreSQL %i", (major) => {
  let side: WalmgrSide;
  let to: TestRepository;
  let standby: RestorePlace;

  beforeAll(async () => {
    side = await startWalmgrSide({ major, settings: { wal_keep_size: "0", min_wal_size: "'32MB'" } });
    to = side.repository();
    await side.query("create table t (n int)");
    await to.backup();
    standby = await restorePlace(major);
    // It keeps what the primary throws away.
    const settings = { primary_conninfo: conninfo(side), wal_keep_size: "512MB" };
    await restoreTo(to, standby, { standby: true, settings });
    await standby.start();
  }, 120_000);
  afterAll(async () => {
    await standby[Symbol.asyncDispose]();
    await side[Symbol.asyncDispose]();
  });

  async function write(n: number): Promise<void> {
    await side.query(`insert into t values (${n})`);
    const count = async (): Promise<number> =>
      (await queryAt<{ n: number }>(standby.url, `select count(*)::int as n from t where n = ${n}`))[0]!.n;
    await until(async () => (await count()) > 0, { timeoutMs: TIMEOUT_MS, what: `row ${n} on the standby` });
  }

  /** A complete segment, which both servers have. */
  async function finishSegment(n: number): Promise<string> {
    const [row] = await side.query<{ name: string }>("select pg_walfile_name(pg_switch_wal()) as name");
    await write(n);
    return row!.name;
  }

  test("a backup of a standby can be restored before and after its last segment is complete", async () => {
    await write(100);
    await side.query("checkpoint");
    await queryAt(standby.url, "checkpoint");
    const other = side.repository();
    const { repository, path } = other;
    // As archive-get does it: a begun segment where there is no complete one.
    const restoreCommand = `f=$(find ${path}/wal -name %f -o -name %f.partial | sort | head -n 1) && [ -n "$f" ] && cp "$f" "%p"`;
    const rowsOf = async (): Promise<readonly number[]> => {
      await using place = await restorePlace(major);
      await restoreTo({ repository, restoreCommand }, place);
      expect(await place.open()).toBe(true);
      const rows = await queryAt<{ n: number }>(place.url, "select n from t where n in (100, 101) order by n");
      return rows.map(({ n }) => n);
    };

    const { backup } = await other.backup({ connect: () => connectReplication(standby.url, { env: {} }) });
    const { segmentBytes, endLsn } = backup;
    const last = segmentName({ timeline: 1, number: segmentBefore(endLsn, segmentBytes) }, segmentBytes);
    const begun = (await repository.wal.partials()).map(({ name }) => name);
    const before = await rowsOf();
    await side.query("insert into t values (101)");
    expect(await finishSegment(102)).toBe(last);
    const push = () => pushFile([repository], last, join(side.cluster.dataDirectory, "pg_wal", last));
    const pushed = [await push(), await push()];
    const after = await rowsOf();

    expect(backup).toMatchObject({ state: "done", from: "standby" });
    expect([begun, pushed]).toEqual([[last], ["stored", "present"]]);
    expect([before, after]).toEqual([[100], [100, 101]]);
  });

  test.each(["quiet", "busy"])(
    "a backup of a %s standby is restored as it was, also without any WAL behind it",
    async (how) => {
      await using place = await restorePlace(major);
      const other = side.repository();
      const { path, repository } = other;
      const restoreCommand = `f=$(find ${path}/wal -name %f -o -name %f.partial | sort | head -n 1) && [ -n "$f" ] && cp "$f" "%p"`;
      await write(150);
      await queryAt(standby.url, "checkpoint");
      let isOver = how === "quiet";
      const load = (async () => {
        while (!isOver) await side.query("insert into t select -1 from generate_series(1, 1000)");
      })();

      await other.backup({
        connect: () => connectReplication(standby.url, { env: {} }),
        maxRateKilobytes: how === "busy" ? 20_000 : null,
      });
      isOver = true;
      await load;
      await restoreTo({ repository, restoreCommand }, place, { target: { kind: "immediate" } });

      expect(await place.open(), place.log()).toBe(true);
      expect(await queryAt(place.url, "select distinct n from t where n = 150")).toEqual([{ n: 150 }]);
    },
  );

  test("a receiver with a directory of its own is seen by backups, and not disturbed by those of a standby", async () => {
    const other = side.repository();
    using folder = temporaryFolder();
    const first = startReceiver(side.cluster.url(), folder.path, { slot: null, repositories: [other.repository] });
    await until(() => first.receiver.state.isConnected, { timeoutMs: TIMEOUT_MS, what: "connected" });
    const facts = { archives: false };
    const places = { repositories: [other.repository], receiver: first.repository };

    const seen = [
      await deliversWal(places, { ...facts, isStandby: false }),
      await deliversWal({ repositories: [other.repository] }, { ...facts, isStandby: false }),
      await deliversWal(places, { ...facts, isStandby: true }),
    ];
    await other.backup({
      connect: () => connectReplication(standby.url, { env: {} }),
      receiver: first.repository,
    });
    await untilStored(other.repository, await finishSegment(103));
    await first.stop();

    expect(seen).toEqual([true, false, false]);
  });

  test("WAL that the primary has thrown away comes from another source, without a gap", async () => {
    using folder = temporaryFolder();
    const options = {
      slot: null,
      sources: [(signal: AbortSignal) => connectReplication(standby.url, { env: {}, signal })],
    };
    const first = startReceiver(side.cluster.url(), folder.path, options);
    await until(() => first.receiver.state.isConnected, { timeoutMs: TIMEOUT_MS, what: "connected" });
    await untilStored(first.repository, await finishSegment(200));
    await first.stop();
    const [missing] = await side.query<{ name: string }>("select pg_walfile_name(pg_current_wal_lsn()) as name");
    const wal = join(side.cluster.dataDirectory, "pg_wal");
    for (let n = 201; readdirSync(wal).includes(missing!.name); n += 1) {
      await finishSegment(n);
      await side.query("checkpoint");
      await queryAt(standby.url, "checkpoint");
    }

    const second = startReceiver(side.cluster.url(), folder.path, options);
    await until(() => second.receiver.state.isConnected, { timeoutMs: TIMEOUT_MS, what: "connected" });
    const last = await finishSegment(300);
    await untilStored(second.repository, last);
    await second.stop();

    expect(second.receiver.state.gaps).toBe(0);
    expect(await second.repository.wal.gaps()).toEqual([]);
    expect((await second.repository.wal.find(missing!.name))?.name).toBe(missing!.name);
    expect(await isContiguous(second.repository, 1)).toBe(true);
    expect((await compareWithServer(second.repository, side.cluster.dataDirectory)).different).toEqual([]);
  });

  /** Receives for a while, and leaves: then the primary throws the next segments away. @returns the first of them */
  async function leaveGap(
    path: string,
    options: Partial<ReceiverOptions>,
    onSegment: (name: string) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<string> {
    const first = startReceiver(side.cluster.url(), path, { slot: null, ...options });
    await until(() => first.receiver.state.isConnected, { timeoutMs: TIMEOUT_MS, what: "connected" });
    await write(309);
    const stored = await finishSegment(310);
    for (const repository of options.repositories ?? [first.repository]) await untilStored(repository, stored);
    await first.stop();
    const [missing] = await side.query<{ name: string }>("select pg_walfile_name(pg_current_wal_lsn()) as name");
    const wal = join(side.cluster.dataDirectory, "pg_wal");
    for (let n = 311; readdirSync(wal).includes(missing!.name); n += 1) {
      await onSegment(await finishSegment(n));
      await side.query("checkpoint");
    }
    return missing!.name;
  }

  test("WAL that only one repository has goes to the others when the primary has thrown it away", async () => {
    using folder = temporaryFolder();
    const [one, two] = [side.repository().repository, side.repository().repository];
    const repositories = [one, two];
    const wal = join(side.cluster.dataDirectory, "pg_wal");
    const missing = await leaveGap(folder.path, { repositories }, (name) => pushFile([two], name, join(wal, name)));

    const second = startReceiver(side.cluster.url(), folder.path, { slot: null, repositories });
    await until(() => second.receiver.state.isConnected, { timeoutMs: TIMEOUT_MS, what: "connected" });
    const last = await finishSegment(320);
    for (const repository of repositories) await untilStored(repository, last);
    await second.stop();

    expect((await one.wal.find(missing))?.name).toBe(missing);
    for (const repository of repositories) {
      expect(await isContiguous(repository, 1)).toBe(true);
      expect((await compareWithServer(repository, side.cluster.dataDirectory)).different).toEqual([]);
    }
  });

  test("a source of another cluster gives no WAL", async () => {
    using folder = temporaryFolder();
    await using foreign = await startQuietCluster({ major });
    const missing = await leaveGap(folder.path, {});
    const next = async (): Promise<string> =>
      (await queryAt<{ at: string }>(foreign.url(), "select pg_walfile_name(pg_switch_wal()) as at"))[0]!.at;
    while ((await next()) <= missing) await queryAt(foreign.url(), "create table if not exists t (); drop table t");

    const sources = [(signal: AbortSignal) => connectReplication(foreign.url(), { env: {}, signal })];
    const second = startReceiver(side.cluster.url(), folder.path, { slot: null, sources });
    await until(() => second.receiver.state.isConnected, { timeoutMs: TIMEOUT_MS, what: "connected" });
    await second.stop();

    expect(second.receiver.state.gaps).toBe(1);
    const [row] = await side.query<{ id: string }>("select system_identifier::text as id from pg_control_system()");
    const begun = Buffer.concat(await allOf(await second.repository.wal.getPartial(missing)));
    expect(parseWalPageHeader(begun).long?.systemId).toBe(BigInt(row!.id));
  });

  test("of two servers that were promoted to the same timeline, the second cannot store its WAL over that of the first", async () => {
    await using one = await restorePlace(major);
    await using two = await restorePlace(major);
    using folder = temporaryFolder();
    const shared = openRepository({ store: new DirectoryStore(folder.path), clock: systemClock });
    const segments = new Map<RestorePlace, string>();
    for (const place of [one, two]) {
      await restoreTo(to, place, { target: { kind: "immediate" } });
      expect(await place.open()).toBe(true);
      await queryAt(place.url, `create table own as select '${place.dataDirectory}' as whose`);
      const [row] = await queryAt<{ name: string }>(place.url, "select pg_walfile_name(pg_switch_wal()) as name");
      segments.set(place, row!.name);
    }
    const push = (place: RestorePlace): Promise<"stored" | "present"> => {
      const name = segments.get(place)!;
      return pushFile([shared], name, join(place.dataDirectory, "pg_wal", name));
    };

    const stored = await push(one);
    await expect(push(two)).rejects.toMatchObject({ code: "WAL_DIFFERS" });
    const again = await push(one);

    expect(segments.get(one)).toBe(segments.get(two));
    expect([stored, again]).toEqual(["stored", "present"]);
  });

  test.each([
    { what: "at the same place", targets: [{ kind: "immediate" }, { kind: "immediate" }] },
    { what: "at different places", targets: [{ kind: "immediate" }, { kind: "latest" }] },
  ] as const)(
    "of two servers that were promoted to the same timeline $what, the receiver refuses the second",
    async ({ targets }) => {
      const twice = side.repository();
      await twice.backup();
      await side.query("insert into t values (310)");
      await twice.storeWal();
      using folder = temporaryFolder();
      await using one = await restorePlace(major);
      await using two = await restorePlace(major);
      for (const [i, place] of [one, two].entries()) {
        await restoreTo(twice, place, { target: targets[i]! });
        expect(await place.open(), place.log()).toBe(true);
        await queryAt(place.url, `create table own as select '${place.dataDirectory}' as whose`);
      }
      const first = startReceiver(one.url, folder.path, { slot: null });
      const [row] = await queryAt<{ lsn: string }>(one.url, "select pg_current_wal_flush_lsn()::text as lsn");
      await untilFlushed(first, parseLsn(row!.lsn));
      await first.stop();
      const before = filesIn(folder.path);

      const second = receiverFor(two.url, folder.path, { slot: null });
      await expect(second.receiver.run(AbortSignal.timeout(TIMEOUT_MS))).rejects.toMatchObject({
        code: "WAL_DIFFERS",
        hint: expect.stringContaining("connect to the one that was received from before") as unknown,
      });

      expect(filesIn(folder.path)).toEqual(before);
    },
  );

  test("a restore to a transaction takes the newest backup that is before it", async () => {
    const several = side.repository();
    const xids: string[] = [];
    const sets: string[] = [];
    for (const n of [400, 401, 402]) {
      const { backup } = await several.backup();
      sets.push(backup.set);
      const [row] = await side.query<{ xid: string }>(
        `insert into t values (${n}) returning txid_current()::text as xid`,
      );
      xids.push(row!.xid);
      await several.storeWal();
    }
    await using place = await restorePlace(major);

    const chosen: string[] = [];
    for (const xid of xids) {
      const { set } = await restoreTo(several, place, { target: { kind: "xid", xid }, existing: "delta" });
      chosen.push(set);
    }

    expect(chosen).toEqual(sets);
    expect(await place.open()).toBe(true);
    expect(await queryAt(place.url, "select n from t where n >= 400 order by n")).toEqual(
      [400, 401, 402].map((n) => ({ n })),
    );
  });

  test("WAL that is missing between two backups takes no moment behind the second one away", async () => {
    const gapped = side.repository();
    const first = await gapped.backup();
    const early = await moment("early", 500);
    await side.query("select pg_switch_wal()");
    await side.query("insert into t values (501)");
    const [lost] = await side.query<{ name: string }>("select pg_walfile_name(pg_switch_wal()) as name");
    await side.query("insert into t values (502)");
    await gapped.storeWal();
    const second = await gapped.backup();
    const late = await moment("late", 503);
    await side.query("insert into t values (504)");
    await gapped.storeWal();
    await gapped.repository.wal.deleteSegments([(await gapped.repository.wal.find(lost!.name))!]);
    await using place = await restorePlace(major);
    const restoreBy = async (target: RecoveryTarget): Promise<string> =>
      (await restoreTo(gapped, place, { target, existing: "delta" })).set;

    const { branches } = await reachableMoments(gapped.repository);
    const [a, b] = [first.backup.set, second.backup.set];

    expect(branches.map(({ set, restorePoints }) => [set, ...restorePoints.map(({ name }) => name)])).toEqual([
      [a, "early"],
      [b, "late"],
    ]);
    for (const { by, set } of [
      { by: early, set: a },
      { by: late, set: b },
    ]) {
      expect(await restoreBy({ kind: "xid", xid: by.xid })).toBe(set);
      expect(await restoreBy({ kind: "name", name: by.name })).toBe(set);
    }
    await expect(restoreBy({ kind: "time", time: new Date(second.backup.startedMs).toISOString() })).rejects.toThrow(
      /no transaction was committed later/,
    );
    expect(await restoreBy({ kind: "time", time: late.time })).toBe(b);
    expect(await place.open()).toBe(true);
    expect(await queryAt(place.url, "select n from t where n >= 500 order by n")).toEqual(
      [500, 501, 502, 503].map((n) => ({ n })),
    );
  });

  /** A transaction and a restore point behind it. */
  async function moment(name: string, n: number): Promise<{ name: string; xid: string; time: string }> {
    const [row] = await side.query<{ xid: string }>(
      `insert into t values (${n}) returning txid_current()::text as xid`,
    );
    const [{ time } = { time: "" }] = await side.query<{ time: string }>(
      `select clock_timestamp()::text as time, pg_create_restore_point('${name}')`,
    );
    return { name, xid: row!.xid, time };
  }
});

/** Their paths and contents. */
function filesIn(folder: string): object {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => [
      join(parentPath, name),
      readFileSync(join(parentPath, name)).toString("base64"),
    ]),
  );
}

function conninfo({ cluster }: WalmgrSide): string {
  return `host=${cluster.host} port=${cluster.port} user=postgres`;
}
