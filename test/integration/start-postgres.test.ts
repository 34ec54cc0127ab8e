import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import pg from "pg";
import { expect, test } from "vitest";
import { startPostgres } from "../../src/testing/index.ts";
import { majors } from "../harness/database.ts";
import { until } from "../harness/until.ts";

const newest = Math.max(...majors());

// Starts a server from the built package, says where, and waits to be killed.
const PROGRAM = `
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { startPostgres } from "${new URL("../../dist/src/testing/index.js", import.meta.url).href}";
const { cluster } = await startPostgres({ major: ${newest} });
const pid = Number.parseInt(readFileSync(cluster.dataDirectory + "/postmaster.pid", "utf8"), 10);
console.log(JSON.stringify({ pid, directory: dirname(cluster.dataDirectory) }));
setInterval(() => undefined, 60_000);
`;

test("a started PostgreSQL has PgQ, ticks by itself, and leaves nothing behind", async () => {
  const server = await startPostgres({ major: newest, database: "my app", tickIntervalMs: 10 });
  const client = new pg.Client(server.url);
  await client.connect();
  await client.query("select pgq.create_queue('q'), pgq.register_consumer('q', 'c')");
  await client.query("select pgq.set_queue_config('q', 'ticker_max_lag', '0.01')");
  await client.query("select pgq.insert_event('q', 'type', 'data'), pgq.force_tick('q')");

  const events = await until(async () => {
    const batch = await client.query<{ id: string | null }>("select pgq.next_batch('q', 'c') as id");
    const id = batch.rows[0]?.id;
    if (id === null || id === undefined) return null;
    const { rows } = await client.query("select ev_data from pgq.get_batch_events($1)", [id]);
    await client.query("select pgq.finish_batch($1)", [id]);
    return rows.length > 0 && rows;
  });
  await client.end();
  await server.stop();
  await server.stop();

  expect(events).toEqual([{ ev_data: "data" }]);
  expect(existsSync(dirname(server.cluster.dataDirectory))).toBe(false);
});

test("without a ticker nothing ticks by itself", async () => {
  await using server = await startPostgres({ major: newest, tickIntervalMs: Infinity });
  const client = new pg.Client(server.url);
  await client.connect();

  const { rows } = await client.query("select count(*) from pg_stat_activity where application_name like '%ticker%'");
  await client.end();

  expect(rows).toEqual([{ count: "0" }]);
});

test.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)(
  "a program that %s ends leaves neither server nor files behind",
  async (signal) => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const started = await new Promise<{ pid: number; directory: string }>((resolve, reject) => {
      let text = "";
      child.stdout.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes("\n")) resolve(JSON.parse(text) as { pid: number; directory: string });
      });
      child.once("exit", () => reject(new Error("the program ended too early")));
    });
    const wasThere = existsSync(started.directory);

    child.kill(signal);
    await until(() => !existsSync(started.directory) && !isAlive(started.pid), { what: "the end of everything" });

    expect(wasThere).toBe(true);
  },
);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
