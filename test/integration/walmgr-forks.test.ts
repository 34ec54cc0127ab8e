// Recovery over timelines: the WAL of a server that was promoted twice leads to moments before and behind each fork.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock/index.ts";
import type { Connection } from "../../src/postgres/index.ts";
import { parseLsn } from "../../src/walmgr/formats/index.ts";
import { type Logger, silentLogger } from "../../src/service/index.ts";
import type { RecoveryTarget, RestoreRequest } from "../../src/walmgr/restore/index.ts";
import { verify } from "../../src/walmgr/verify/index.ts";
import { majors } from "../harness/database.ts";
import { endMajors } from "../harness/major-pairs.ts";
import { until } from "../harness/until.ts";
import {
  currentLsn,
  openDatabase,
  promoteAgain,
  startReceiver,
  switchWal,
  untilFlushed,
  untilStored,
} from "../harness/walmgr.ts";
import { queryAt } from "../harness/query-at.ts";
import { reachableMoments } from "../../src/walmgr/info/index.ts";
import {
  type RestorePlace,
  restorePlace,
  restoreTo,
  startWalmgrSide,
  type TestRepository,
  type WalmgrSide,
} from "../harness/walmgr-side.ts";

describe.each(majors())("a PostgreSQL %i that was promoted twice", (major) => {
  let side: WalmgrSide;
  let to: TestRepository;
  const targets = new Map<string, RecoveryTarget>();

  /** A row of this number; recovery to the target of the same name stops behind it. */
  async function step(db: Connection, number: number): Promise<void> {
    await db.execute(`select pg_create_restore_point('point ${number}')`);
    await db.execute(`insert into steps values (${number})`);
    const { lsn } = await db.one<{ lsn: string }>("select pg_current_wal_insert_lsn()::text as lsn");
    targets.set(`step ${number}`, { kind: "lsn", lsn: parseLsn(lsn) });
    await db.execute(`insert into steps values (${number}.5)`);
  }

  beforeAll(async () => {
    side = await startWalmgrSide({ major, settings: { restore_command: "'/bin/false'" } });
    to = side.repository();
    await side.query("create table steps (number numeric)");
    const running = startReceiver(side.cluster.url(), to.path);
    await until(() => running.receiver.state.isConnected, { what: "connected", timeoutMs: 60_000 });
    await to.backup({ wal: "include" });
    for (const number of [1, 2, 3]) {
      const db = await openDatabase(side.cluster);
      await until(async () => !(await db.one<{ r: boolean }>("select pg_is_in_recovery() as r")).r);
      await step(db, number);
      await untilFlushed(running, await currentLsn(db));
      if (number === 3) await untilStored(running.repository, await switchWal(db));
      await db.close();
      if (number < 3) await promoteAgain(side.cluster);
    }
    await running.stop();
    // The receiver is somebody else than the restored server.
    execFileSync("chmod", ["-R", "a+rX", to.path]);
  }, 180_000);
  afterAll(() => side[Symbol.asyncDispose]());

  test.each([
    ["before the first fork", "step 1", "1"],
    ["between the forks", "step 2", "2"],
    ["behind both", "step 3", "3"],
  ])("a moment %s is restored", async (_, target, last) => {
    await using place = await restorePlace(major);

    await restoreTo(to, place, { target: targets.get(target)! });

    expect(await place.open()).toBe(true);
    expect(await queryAt(place.url, "select max(number)::text as last from steps")).toEqual([{ last }]);
    const [control] = await queryAt<{ timeline: number }>(
      place.url,
      "select ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int as timeline",
    );
    // A timeline of its own: newer than all that the repository knows.
    expect(control!.timeline).toBe(4);
  });

  test("each restore point is listed with the timeline that it was made on", async () => {
    const { branches } = await reachableMoments(to.repository);

    expect(branches.map(({ restorePoints }) => restorePoints.map(({ name, timeline }) => [name, timeline]))).toEqual([
      [1, 2, 3].map((number) => [`point ${number}`, number]),
    ]);
  });

  test("a standby of a certain timeline goes no further than that one", async () => {
    await using place = await restorePlace(major);

    await restoreTo(to, place, { standby: true, timeline: 2 });

    expect(await place.start(), place.log()).toBe(true);
    expect(await queryAt(place.url, "show recovery_target_timeline")).toEqual([{ recovery_target_timeline: "2" }]);
    const [row] = await queryAt<{ isAfter: boolean }>(
      place.url,
      'select coalesce(max(number) >= 3, false) as "isAfter" from steps',
    );
    expect(row).toEqual({ isAfter: false });
  });

  test("verify misses the history of a timeline that earlier backups should lead to, unless a later one tells of it", async () => {
    const { repository } = to;
    const look = async (): Promise<readonly string[]> =>
      (await verify({ repository, level: 1, clock: systemClock })).findings.map(({ subject }) => subject);
    const [second, third] = [await repository.wal.history(2), await repository.wal.history(3)];

    const whole = await look();
    await repository.store.delete(["wal/history/00000002.history"]);
    const toldByTheThird = await look();
    await repository.store.delete(["wal/history/00000003.history"]);
    const missing = await look();
    await repository.wal.putHistory(2, second!);
    await repository.wal.putHistory(3, third!);

    expect([whole, toldByTheThird]).toEqual([[], []]);
    expect(missing).toEqual(["00000002.history", "00000003.history"]);
  });
});

describe.each(endMajors())(
  "a PostgreSQL %i that was recovered to before a mess, after a backup of the mess",
  (major) => {
    test("the newest moment, and times after the recovery, are those of the new timeline; another one is asked for by number", async () => {
      await using side = await startWalmgrSide({ major });
      const to = side.repository();
      await side.query("create table t (n int)");
      const before = await to.backup();
      await side.query("select pg_create_restore_point('before the mess')");
      await side.query("insert into t values (-666)");
      const mess = await to.backup();
      await to.storeWal();
      let time = "";
      {
        await using live = await restorePlace(major);
        await restoreTo(to, live, { target: { kind: "name", name: "before the mess" } });
        expect(await live.open()).toBe(true);
        await queryAt(live.url, "insert into t values (1)");
        [{ time }] = (await queryAt<{ time: string }>(live.url, "select clock_timestamp()::text as time")) as [
          { time: string },
        ];
        await queryAt(live.url, "insert into t values (2)");
        await storeTimeline(to, live, 2);
      }
      const rows = async (more: Partial<RestoreRequest>): Promise<{ set: string; rows: string; said: string }> => {
        await using place = await restorePlace(major);
        const said: string[] = [];
        const log: Logger = { ...silentLogger, warn: (fields) => void said.push(JSON.stringify(fields)) };
        const { set } = await restoreTo(to, place, { ...more, log });
        expect(await place.open(), place.log()).toBe(true);
        const [row] = await queryAt<{ rows: string }>(
          place.url,
          "select string_agg(n::text, ' ' order by n) as rows from t",
        );
        return { set, rows: row!.rows, said: said.join("\n") };
      };

      const latest = await rows({});
      const early = await rows({ target: { kind: "time", time } });
      const old = await rows({ timeline: 1 });
      const named = await rows({ set: mess.backup.set });

      expect(latest).toMatchObject({ set: before.backup.set, rows: "1 2" });
      expect(latest.said).toContain(`${mess.backup.set} on timeline 1`);
      expect(early).toMatchObject({ set: before.backup.set, rows: "1" });
      expect(old).toEqual({ set: mess.backup.set, rows: "-666", said: "" });
      expect(named).toMatchObject({ set: mess.backup.set, rows: "-666" });
    });
  },
);

describe.each(endMajors())("a PostgreSQL %i that was recovered twice to moments of the first timeline", (major) => {
  test.each([
    ["an earlier one", "second", "first"],
    ["a later one", "first", "second"],
  ])("its receiver follows: first to one moment, then to %s", async (_, once, again) => {
    await using side = await startWalmgrSide({ major });
    const to = side.repository();
    await side.query("create table t (n text)");
    await to.backup({ wal: "include" });
    const first = startReceiver(side.cluster.url(), to.path, { slot: null });
    for (const name of ["first", "second"]) {
      await side.query(`insert into t values ('${name}')`);
      await side.query(`select pg_create_restore_point('${name}')`);
      await side.query("select pg_switch_wal()");
    }
    {
      await using db = await openDatabase(side.cluster);
      await untilStored(to.repository, await switchWal(db));
    }
    await first.stop();
    const receiveFrom = async (name: string, timeline: number): Promise<void> => {
      execFileSync("chmod", ["-R", "a+rX", to.path]);
      await using live = await restorePlace(major);
      await restoreTo(to, live, { target: { kind: "name", name }, timeline: 1 });
      expect(await live.open(), live.log()).toBe(true);
      const running = startReceiver(live.url, to.path, { slot: null });
      await queryAt(live.url, `insert into t values ('after ${name}')`);
      const [row] = await queryAt<{ name: string }>(live.url, "select pg_walfile_name(pg_switch_wal()) as name");
      expect(Number(`0x${row!.name.slice(0, 8)}`)).toBe(timeline);
      await untilStored(running.repository, row!.name);
      await running.stop();
    };

    await receiveFrom(once, 2);
    await receiveFrom(again, 3);

    execFileSync("chmod", ["-R", "a+rX", to.path]);
    await using place = await restorePlace(major);
    await restoreTo(to, place);
    expect(await place.open(), place.log()).toBe(true);
    const [row] = await queryAt<{ rows: string }>(place.url, "select string_agg(n, ', ') as rows from t");
    expect(row!.rows).toBe(again === "first" ? "first, after first" : "first, second, after second");
    expect((await verify({ repository: to.repository, level: 3, clock: systemClock })).findings).toEqual([]);
  });
});

/** All WAL that a restored server has of its own timeline; the segment is switched before. */
async function storeTimeline({ repository }: TestRepository, { dataDirectory, url }: RestorePlace, timeline: number) {
  await queryAt(url, "select pg_switch_wal()");
  const folder = join(dataDirectory, "pg_wal");
  const prefix = timeline.toString(16).padStart(8, "0");
  await repository.wal.putOther(`${prefix}.history`, readFileSync(join(folder, `${prefix}.history`)));
  const [{ at }] = (await queryAt<{ at: string }>(
    url,
    "select pg_walfile_name(pg_current_wal_insert_lsn()) as at",
  )) as [{ at: string }];
  const names = readdirSync(folder).filter(
    (name) => /^[0-9A-F]{24}$/.test(name) && name.startsWith(prefix) && name < at,
  );
  for (const name of names) await repository.wal.putSegment(name, () => [readFileSync(join(folder, name))]);
}
