// Recovery to moments: by time, position, transaction, name, and as soon as possible.
import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listBackups } from "../../src/walmgr/backup/index.ts";
import { parseLsn } from "../../src/walmgr/formats/index.ts";
import type { RecoveryTarget } from "../../src/walmgr/restore/index.ts";
import { majors } from "../harness/database.ts";
import { queryAt } from "../harness/query-at.ts";
import {
  restorePlace,
  restoreTo,
  startWalmgrSide,
  type TestRepository,
  type WalmgrSide,
} from "../harness/walmgr-side.ts";
import { openDatabase } from "../harness/walmgr.ts";
import { until } from "../harness/until.ts";

describe.each(majors())("PostgreSQL %i", (major) => {
  let side: WalmgrSide;
  let to: TestRepository;
  let targets: Record<
    "time" | "lsn" | "xid" | "name" | "immediate" | "latest" | "64 bits" | "prepared" | "subtransaction",
    RecoveryTarget
  >;

  /** A row whose number tells how far recovery went. */
  async function step(number: number): Promise<string> {
    const [row] = await side.query<{ xid: string }>(
      `insert into steps values (${number}) returning txid_current() as xid`,
    );
    return row!.xid;
  }

  async function now(sql: string): Promise<string> {
    const [row] = await side.query<{ v: string }>(`select (${sql})::text as v`);
    return row!.v;
  }

  beforeAll(async () => {
    side = await startWalmgrSide({ major, settings: { max_prepared_transactions: "2" } });
    to = side.repository();
    await side.query("create table steps (number int)");
    await to.backup();
    const xid = await step(1);
    await step(2);
    const time = await now("clock_timestamp()");
    await step(3);
    const lsn = await now("pg_current_wal_insert_lsn()");
    await step(4);
    await side.query("select pg_create_restore_point('before the mess')");
    await step(5);
    await using db = await openDatabase(side.cluster);
    await db.execute("begin; insert into steps values (6); create table made (n int); drop table made");
    const { prepared } = await db.one<{ prepared: string }>("select txid_current()::text as prepared");
    await db.execute("prepare transaction 'six'");
    await db.execute("commit prepared 'six'");
    await db.execute("begin; insert into steps values (7)");
    // More subtransactions than fit into the beginning of a record.
    for (let i = 0; i < 40; i += 1) await db.execute(`savepoint s${i}; insert into steps values (8)`);
    const { part } = await db.one<{ part: string }>("select max(xmin::text::bigint)::text as part from steps");
    await db.execute("commit; insert into steps values (9)");
    targets = {
      "64 bits": { kind: "xid", xid: String(BigInt(xid) + (7n << 32n)) },
      prepared: { kind: "xid", xid: prepared },
      subtransaction: { kind: "xid", xid: part },
      xid: { kind: "xid", xid },
      time: { kind: "time", time },
      lsn: { kind: "lsn", lsn: parseLsn(lsn) },
      name: { kind: "name", name: "before the mess" },
      immediate: { kind: "immediate" },
      latest: { kind: "latest" },
    };
    await to.storeWal();
  });
  afterAll(() => side[Symbol.asyncDispose]());

  test.each([
    ["xid", 1],
    ["64 bits", 1],
    ["prepared", 6],
    ["subtransaction", 8],
    ["time", 2],
    ["lsn", 3],
    ["name", 4],
    ["immediate", 0],
  ] as const)("recovery to a target given as %s stops after step %i", async (kind, last) => {
    await using place = await restorePlace(major);
    const [first] = await setsOf(to);

    const { set } = await restoreTo(to, place, {
      target: targets[kind],
      set: kind === "time" || kind === "lsn" ? null : first!,
    });

    expect(set).toBe(first);
    expect(await place.open()).toBe(true);
    expect(await queryAt(place.url, "select coalesce(max(number), 0) as last from steps")).toEqual([{ last }]);
  });

  test("with action pause the server waits at the target and can be read", async () => {
    await using place = await restorePlace(major);
    const [first] = await setsOf(to);
    await restoreTo(to, place, { target: targets.name, action: "pause", set: first! });

    expect(await place.start()).toBe(true);

    const paused = "select pg_get_wal_replay_pause_state() as state";
    await until(async () => (await queryAt(place.url, paused).catch(() => []))[0]?.["state"] === "paused", {
      timeoutMs: 60_000,
      what: "pause at the target",
    });
    expect(await queryAt(place.url, "select max(number) as last from steps")).toEqual([{ last: 4 }]);
  });

  test.each([
    ["a position that was never written", { kind: "lsn", lsn: 0xff_0000_0000n }, /WAL reaches only to/],
    ["a time before the first backup", { kind: "time", time: "2001-01-01 00:00:00+00" }, /ends after the target/],
  ] as const)("%s is refused before anything is written", async (_, target, message) => {
    await using place = await restorePlace(major);

    await expect(restoreTo(to, place, { target })).rejects.toThrow(message);
    expect(await place.start().catch(() => false)).toBe(false);
  });

  test("a name that no restore point has is refused before anything is written", async () => {
    await using place = await restorePlace(major);

    await expect(restoreTo(to, place, { target: { kind: "name", name: "never made" } })).rejects.toThrow(
      /never made.*there is no such restore point/,
    );

    expect(readdirSync(place.dataDirectory)).toEqual([]);
  });
});

async function setsOf({ repository }: TestRepository): Promise<readonly string[]> {
  return (await listBackups(repository.store)).map(({ set }) => set);
}
