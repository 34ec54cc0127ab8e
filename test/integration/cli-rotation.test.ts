import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { QueueFinding } from "../../src/pgq/index.ts";
import { type PrivateServer, startPrivateServer } from "../harness/private-server.ts";
import { runCli } from "../harness/run-cli.ts";
import { endMajors } from "../harness/major-pairs.ts";

// A server of its own: other test files' transactions would be found too.
describe.each(endMajors())("what holds rotation back on PostgreSQL %i", (major) => {
  let server: PrivateServer;

  beforeAll(async () => {
    server = await startPrivateServer({ major });
  });
  afterAll(() => server.stop());

  test("what holds rotation back is named: a consumer, an open transaction, a prepared one, a lock, no maintenance", async () => {
    const cli = (...argv: string[]) => runCli([...argv, "--db", server.cluster.url()]);
    const db = await server.connect();
    await cli("queue", "create", "q");
    const rotation = async () => {
      const { stdout } = await cli("status", "--json");
      const health = JSON.parse(stdout) as { rotation: { heldBackBy: QueueFinding[] }[] };
      return health.rotation.flatMap(({ heldBackBy }) => heldBackBy);
    };
    const rotate = async () => {
      await db.query("update pgq.queue set queue_switch_time = now() - interval '1 day'");
      await db.query("select pgq.maint_rotate_tables_step1('q')");
      await db.query("select pgq.maint_rotate_tables_step2()");
      await db.query("update pgq.queue set queue_switch_time = now() - interval '1 day'");
    };

    await rotate();
    expect(await rotation()).toMatchObject([{ check: "no-maintenance", severity: "problem" }]);

    const reader = await server.connect();
    await reader.query("begin");
    await reader.query("lock table pgq.event_1_2 in access share mode");
    expect(await rotation()).toMatchObject([{ check: "table-locked", queue: "q" }]);
    await reader.query("rollback");

    await cli("queue", "tick", "q");
    await cli("consumer", "register", "q", "c");
    const old = await server.connect();
    await old.query("set application_name = 'the old one'");
    await old.query("begin");
    await old.query("select txid_current()");
    await db.query("begin");
    await db.query("select txid_current()");
    await db.query("prepare transaction 'it''s old'");
    await rotate();
    await cli("queue", "tick", "q");
    await cli("consumer", "seek", "q", "c", "--last", "--yes");
    const held = await rotation();
    expect(held.map(({ check }) => check)).toEqual(["old-transaction", "old-transaction"]);
    expect(held[0]!.message).toContain("the old one");
    expect(held[1]!.cure).toContain("rollback prepared 'it''s old'");

    await old.query("rollback");
    await db.query("rollback prepared 'it''s old'");
    await cli("queue", "tick", "q");
    expect(await rotation()).toMatchObject([{ check: "consumer-holds-rotation", consumer: "c" }]);
  });
});
