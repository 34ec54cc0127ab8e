// The server dies without a word in the middle of things.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { majors } from "../harness/database.ts";
import { type PrivateServer, startPrivateServer } from "../harness/private-server.ts";
import * as q from "./protocol.ts";

describe.each(majors())("PostgreSQL %i", (major) => {
  let server: PrivateServer;
  let number = 0;
  let queue: string;

  const crash = async (): Promise<pg.Client> => {
    await server.cluster.halt("immediate");
    await server.disconnect();
    await server.cluster.start();
    return server.connect();
  };

  beforeAll(async () => {
    server = await startPrivateServer({ major });
  });
  beforeEach(async () => {
    queue = `crash ${(number += 1)}`;
    const client = await server.connect();
    await q.createQueue(client, queue, "c");
    await q.tickAndTakeAll(client, queue, "c");
  });
  afterEach(() => server.disconnect());
  afterAll(() => server.stop());

  test("a crash between the steps of a rotation loses nothing", async () => {
    let main = await server.connect();
    await q.insert(main, queue, "before");
    await q.rotateStep1(main, queue);
    await q.insert(main, queue, "between");
    const table = await q.currentTable(main, queue);

    main = await crash();
    await q.rotateStep1(main, queue);
    expect(await q.currentTable(main, queue)).toBe(table);
    await q.rotateStep2(main);
    const late = await server.connect();
    await late.query("begin isolation level repeatable read; select * from pgq.queue");
    await q.insert(late, queue, "after");
    await late.query("commit");

    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["before", "between", "after"]);
  });

  test("a crash in step 1 undoes it, the emptied table included", async () => {
    let main = await server.connect();
    await q.insert(main, queue, "e");
    const table = await q.currentTable(main, queue);
    await main.query("begin");
    await q.rotateStep1(main, queue);

    main = await crash();

    expect(await q.currentTable(main, queue)).toBe(table);
    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["e"]);
    expect(await q.rotate(main, queue)).toBe(true);
  });

  test.each(q.ISOLATION_LEVELS)("a crash in step 2 leaves producers in a table that is read, %s", async (level) => {
    let main = await server.connect();
    await q.rotateStep1(main, queue);
    await main.query("begin");
    await q.rotateStep2(main);

    main = await crash();
    const producer = await server.connect();
    await producer.query(`begin isolation level ${level}; select * from pgq.queue`);
    await q.rotateStep2(main);
    await q.tickAndTakeAll(main, queue, "c");
    await q.insert(producer, queue, "late");
    await producer.query("commit");

    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["late"]);
  });

  test("committed events, ticks and positions survive, open transactions do not", async () => {
    let main = await server.connect();
    const other = await server.connect();
    await q.insert(main, queue, "delivered");
    await q.tickAndTakeAll(main, queue, "c");
    await q.insert(main, queue, "committed");
    await other.query("begin");
    await q.insert(other, queue, "open");
    await q.tick(main, queue);
    const batch = await q.nextBatch(main, queue, "c");
    await main.query("begin");
    await q.finish(main, batch!);

    main = await crash();

    expect(await q.nextBatch(main, queue, "c")).toBe(batch);
    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["committed"]);
  });

  test("a prepared transaction survives crash and rotation and is delivered once", async () => {
    let main = await server.connect();
    await main.query("begin");
    await q.insert(main, queue, "prepared");
    await main.query("prepare transaction 'p'");
    await q.tick(main, queue);
    await q.rotate(main, queue);

    main = await crash();
    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual([]);
    expect(await q.rotate(main, queue)).toBe(false);
    await main.query("commit prepared 'p'");

    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["prepared"]);
    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual([]);
  });

  test("events set aside survive and come back once", async () => {
    let main = await server.connect();
    await q.insert(main, queue, "again");
    await q.tick(main, queue);
    const batch = (await q.nextBatch(main, queue, "c"))!;
    await main.query("select pgq.batch_retry($1, 0)", [batch]);
    await q.finish(main, batch);
    await main.query("begin; select pgq.maint_retry_events()");

    main = await crash();
    expect(await q.value(main, "select pgq.maint_retry_events()")).toBe(1);

    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["again"]);
  });
});

const DEBIAN = "/usr/lib/postgresql/15";

// Needs pg_resetwal, which the packages with the servers for tests do not bring along.
describe.runIf(existsSync(`${DEBIAN}/bin/pg_resetwal`))("transaction ids of later epochs", () => {
  test("events are delivered over the end of an epoch and with ids of more than 32 bits", async () => {
    const server = await startPrivateServer({ binaries: DEBIAN });
    let client = await server.connect();
    await q.createQueue(client, "epoch", "c");
    await q.insert(client, "epoch", "epoch 0");
    await server.disconnect();
    await server.cluster.halt("fast");
    const owner = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    execFileSync(`${DEBIAN}/bin/pg_resetwal`, ["-e", "70000", "-D", server.cluster.dataDirectory], owner);
    await server.cluster.start();
    client = await server.connect();

    expect(await q.tickAndTakeAll(client, "epoch", "c")).toEqual(["epoch 0"]);
    expect(await q.rotate(client, "epoch")).toBe(true);
    await client.query("begin isolation level repeatable read");
    await q.insert(client, "epoch", "epoch 70000");
    await client.query("commit");
    expect(BigInt(await q.value<string>(client, "select txid_current()"))).toBeGreaterThan(70000n << 32n);
    expect(await q.tickAndTakeAll(client, "epoch", "c")).toEqual(["epoch 70000"]);
    expect(await q.rotate(client, "epoch")).toBe(true);
    await q.insert(client, "epoch", "rotated");
    expect(await q.tickAndTakeAll(client, "epoch", "c")).toEqual(["rotated"]);
    await server.stop();
  });
});
