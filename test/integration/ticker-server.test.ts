// The ticker and a server of its own: discovery, restarts, crashes, networks that swallow everything, standby servers.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { majors } from "../harness/database.ts";
import { type RunningFleet, startFleet } from "../harness/fleet.ts";
import { type PrivateServer, startPrivateServer } from "../harness/private-server.ts";
import { startProxy } from "../harness/proxy.ts";
import { value } from "../harness/sessions.ts";
import { until } from "../harness/until.ts";
import { renderSchema } from "../../src/pgq/index.ts";

const oldestAndNewest = [...new Set([majors()[0]!, majors().at(-1)!])];

let server: PrivateServer;
let client: pg.Client;

afterEach(() => server.stop());

/** Waits for a tick later than those that are there. */
async function untilTicked(db: pg.Client): Promise<void> {
  const before = await value<string>(db, "select max(tick_id) from pgq.tick");
  await db.query("select pgq.insert_event('q', 't', 'd')");
  await until(() => value<boolean>(db, "select max(tick_id) > $1 from pgq.tick", [before]), { what: "a tick" });
}

function standing({ fleet }: RunningFleet, name: string): string | undefined {
  return fleet.statuses().find(({ database }) => database === name)?.standing;
}

/** Waits until the ticker's session has asked something again, twice; tells how many sessions it has. */
async function untilAskedTwice(db: pg.Client): Promise<{ sessions: number } | undefined> {
  const asks = new Set<string>();
  await until(async () => {
    const { rows } = await db.query<{ at: string }>(
      "select query_start::text as at from pg_stat_activity where application_name = 'pgqd ticker'",
    );
    for (const { at } of rows) asks.add(at);
    return asks.size > 2;
  });
  const { rows } = await db.query<{ sessions: number }>(
    "select count(*)::int as sessions from pg_stat_activity where application_name like 'pgqd%'",
  );
  return rows[0];
}

describe.each(oldestAndNewest)("the ticker and its server, PostgreSQL %i", (major) => {
  beforeEach(async () => {
    server = await startPrivateServer({ major });
    client = await server.connect();
  });

  test("databases are found, taken up when they get PgQ, and let go when they are dropped", async () => {
    await client.query("create database other");
    await using fleet = startFleet(server.cluster.url());
    await until(() => standing(fleet, "postgres") === "ticking" && standing(fleet, "other") === "no pgq");

    const other = new pg.Client(server.cluster.url("other"));
    await other.connect();
    await other.query(renderSchema("pgq"));
    await until(() => standing(fleet, "other") === "ticking");
    await other.end();
    await client.query("drop database other with (force)");
    await until(() => standing(fleet, "other") === undefined);

    expect(fleet.log()).toContain("auto-detecting dbs ...");
    expect(fleet.log()).toContain("Unregister database: [other]");
    expect(standing(fleet, "postgres")).toBe("ticking");
  });

  test("a changed list of databases is taken over without a restart, discovery too", async () => {
    await client.query("create database other");
    await using fleet = startFleet(server.cluster.url(), { databases: ["postgres"], checkPeriodMs: 3_600_000 });
    await until(() => standing(fleet, "postgres") === "ticking");

    fleet.change({ databases: ["other"] });
    fleet.fleet.refresh();
    await until(() => standing(fleet, "postgres") === undefined && standing(fleet, "other") !== undefined);
    fleet.change({ databases: null });
    fleet.fleet.refresh();
    await until(() => standing(fleet, "postgres") === "ticking");

    expect(fleet.log()).toContain("Unregister database: [postgres]");
  });

  test.each(["fast", "immediate"] as const)("ticks go on at once after a restart of the server (%s)", async (mode) => {
    await client.query("select pgq.create_queue('q')");
    await using fleet = startFleet(server.cluster.url(), { databases: ["postgres"], checkPeriodMs: 3_600_000 });
    await untilTicked(client);

    await server.cluster.halt(mode);
    await until(() => standing(fleet, "postgres") === "failing");
    await server.cluster.start();
    await untilTicked(await server.connect());

    expect(standing(fleet, "postgres")).toBe("ticking");
  });

  test("a server that comes back as a standby is waited for quietly, and ticked as soon as it is promoted", async () => {
    await client.query("select pgq.create_queue('q')");
    await using fleet = startFleet(server.cluster.url(), { databases: ["postgres"], checkPeriodMs: 3_600_000 });
    await untilTicked(client);
    await server.cluster.halt("fast");
    writeFileSync(join(server.cluster.dataDirectory, "standby.signal"), "");
    await until(() => standing(fleet, "postgres") === "failing");
    await server.cluster.start();
    await until(() => standing(fleet, "postgres") === "in recovery");

    const said = fleet.log();
    const standby = await server.connect();
    const asked = await untilAskedTwice(standby);
    const saidMeanwhile = fleet.log().slice(said.length);
    await standby.query("select pg_promote()");
    await untilTicked(standby);

    expect(said).toContain("LOG [postgres]: server is a standby, waiting for it to become the primary");
    expect(saidMeanwhile).not.toMatch(/ (LOG|ERROR|WARNING) /);
    expect(asked).toEqual({ sessions: 1 });
    expect(standing(fleet, "postgres")).toBe("ticking");
  });

  test("a network that swallows everything is noticed, and another connection is made", async () => {
    await client.query("select pgq.create_queue('q')");
    await using proxy = await startProxy(server.cluster.port);
    const url = `postgresql://postgres@127.0.0.1:${proxy.port}/postgres?connect_timeout=2`;
    await using fleet = startFleet(url, { databases: ["postgres"], statementTimeoutMs: 2000 });
    await untilTicked(client);

    proxy.swallow();
    await until(() => fleet.log().includes("no answer from the server of postgres"), { timeoutMs: 60_000 });
    proxy.letThrough();
    // the server still holds the lock of the session that is lost to us
    await untilTicked(client);

    expect(standing(fleet, "postgres")).toBe("ticking");
  });
});
