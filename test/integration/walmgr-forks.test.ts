// Recovery over timelines: the WAL of a server that was promoted twice leads to moments before and behind each fork.
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Connection } from "../../src/postgres/index.ts";
import { parseLsn } from "../../src/walmgr/formats/index.ts";
import type { RecoveryTarget } from "../../src/walmgr/restore/index.ts";
import { majors } from "../harness/database.ts";
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
import {
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
});
