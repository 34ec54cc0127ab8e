// The walsender's protocol, each server alone: WAL of other tests would come in between.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, connectReplication, type WalStream } from "../../src/postgres/index.ts";
import type { Cluster } from "../../src/testing/index.ts";
import { majors } from "../harness/database.ts";
import { startQuietCluster } from "../harness/quiet-cluster.ts";

describe.each(majors())("a replication connection to PostgreSQL %i", (major) => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startQuietCluster({ major, settings: { wal_keep_size: "'256MB'" } });
  });

  afterAll(() => cluster.stop());

  const open = () => connectReplication(cluster.url(), { env: {} });

  test("it knows the system, settings, and makes, shows and drops slots", async () => {
    await using replication = await open();
    const system = await replication.identifySystem();

    await replication.createSlot("s1", { reserveWal: true });
    const again = await replication.createSlot("s1").catch((error: unknown) => error);
    const slot = major >= 15 ? await replication.readSlot("s1") : { type: "physical" };
    await replication.dropSlot("s1");
    await replication.dropSlot("s1");

    expect(system.timeline).toBe(1);
    expect(system.systemId > 2n ** 53n && system.flushLsn > 0n).toBe(true);
    expect(replication.major).toBe(major);
    expect(await replication.show("wal_segment_size")).toBe("16MB");
    expect(await replication.timelineHistory(1)).toBeNull();
    expect(again).toMatchObject({ code: "DATABASE", sqlstate: "42710" });
    expect(slot).toMatchObject({ type: "physical" });
  });

  test("WAL is streamed live from where it was asked for, without a hole, and the connection is free afterwards", async () => {
    await using db = await connect(cluster.url(), { env: {} });
    await using replication = await open();
    const { flushLsn, timeline } = await replication.identifySystem();
    const startLsn = flushLsn - (flushLsn % (16n * 1024n * 1024n));
    const stream = await replication.startWal({ startLsn, timeline });
    await db.execute("create table wal_made (t text)");
    await db.execute("insert into wal_made select repeat('x', 1000) from generate_series(1, 3000)");
    const { end } = await db.one<{ end: string }>(
      "select pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::text as end",
    );

    const got = await receiveTo(stream, startLsn, BigInt(end));
    stream.stop();
    while ((await stream.read()) !== null);

    expect(got).toBeGreaterThan(3_000_000);
    expect(stream.end).toBeNull();
    expect((await replication.identifySystem()).timeline).toBe(1);
  });

  test("a position that the server does not have yet is an error of the stream, after which the connection goes on", async () => {
    await using replication = await open();
    const { flushLsn, timeline } = await replication.identifySystem();

    const error: unknown = await replication
      .startWal({ startLsn: flushLsn + 2n ** 36n, timeline })
      .then((stream) => stream.read())
      .catch((cause: unknown) => cause);

    expect(error).toMatchObject({ code: "DATABASE" });
    expect((await replication.identifySystem()).timeline).toBe(1);
  });

  test("a base backup comes as a stream of events", async () => {
    await using replication = await open();
    let bytes = 0;
    const kinds = new Set<string>();
    const options = major < 15 ? "FAST NOWAIT MANIFEST 'yes'" : "(CHECKPOINT 'fast', WAIT false, MANIFEST 'yes')";

    for await (const events of replication.events(`BASE_BACKUP ${options}`)) {
      for (const event of events) {
        kinds.add(event.kind);
        if (event.kind === "copyData") bytes += event.data.length;
      }
    }

    expect(bytes).toBeGreaterThan(20_000_000);
    expect([...kinds].sort()).toEqual(
      expect.arrayContaining(["complete", "copyData", "copyDone", "copyOut", "result"]),
    );
  });

  test("a server that is killed ends the stream with an error that says so", async () => {
    await using replication = await open();
    const { flushLsn, timeline } = await replication.identifySystem();
    const stream = await replication.startWal({ startLsn: flushLsn - (flushLsn % (16n * 1024n * 1024n)), timeline });

    await cluster.halt("immediate");
    const error: unknown = await drain(stream).catch((cause: unknown) => cause);
    await cluster.start();

    expect(error).toMatchObject({ code: "CONNECTION_LOST" });
  });
});

async function drain(stream: WalStream): Promise<void> {
  while ((await stream.read()) !== null);
}

/** Reads until `endLsn`; the pieces must follow each other. */
async function receiveTo(stream: WalStream, startLsn: bigint, endLsn: bigint): Promise<number> {
  let at = startLsn;
  while (at < endLsn) {
    for (const item of (await stream.read()) ?? []) {
      if (item.kind !== "wal") continue;
      expect(item.startLsn).toBe(at);
      at += BigInt(item.data.length);
    }
  }
  return Number(at - startLsn);
}
