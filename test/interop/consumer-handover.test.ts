// One configuration file, two programs: a python3-pgq consumer of each class and our program of the same kind take turns.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { renderSchema } from "../../src/pgq/index.ts";
import { pythonProgram } from "../harness/debian-packages.ts";
import { builtProgram } from "../harness/run-fixture.ts";
import { advisoryWaiters } from "../harness/sessions.ts";
import { until } from "../harness/until.ts";
import { createEagerQueue } from "./consuming.ts";
import { type DebianDatabase, type DebianServer, startDebianServer } from "./debian.ts";
import { cleanUpPrograms, type Program, runProgram, startProgram } from "./program.ts";
import { scratchFolder } from "./scratch.ts";

const SCRIPT = join(dirname(fileURLToPath(import.meta.url)), "python", "any_consumer.py");
const classes = { plain: "Consumer", cooperative: "CoopConsumer", serial: "SerialConsumer", remote: "RemoteConsumer" };
const positions = { serial: "pgq_ext.completed_tick", remote: "pgq_ext.completed_batch" };

let server: DebianServer;
beforeAll(async () => {
  server = await startDebianServer();
});
afterEach(cleanUpPrograms);
afterAll(() => server.stop());

interface Turns {
  readonly python: readonly [string, readonly string[]];
  readonly ours: readonly [string, readonly string[]];
  readonly folder: string;
}

/** Both with the same file. */
function turns(database: DebianDatabase, kind: string, className: string, queue: string): Turns {
  const folder = scratchFolder();
  const ini = join(folder, "handover.ini");
  const keys = [
    ...[`job_name = job_${queue}`, `source_db = ${database.dsn}`, `dst_db = ${database.dsn}`, `queue_name = ${queue}`],
    ...["pgq_lazy_fetch = 2", "pgq_keep_lag = 0 seconds", "keepalive_stats = 60", "subconsumer_name = worker"],
    ...[`local_tracking_file = ${folder}/position`, `output = ${folder}/output`, `pidfile = ${folder}/pid`],
    ...["loop_delay = 0.1", "exception_sleep = 0.5", "use_skylog = 0"],
  ];
  writeFileSync(ini, ["[recorder]", ...keys, ""].join("\n"));
  return {
    folder,
    python: [pythonProgram, [SCRIPT, className, ini]],
    ours: ["/usr/bin/env", [`KIND=${kind}`, process.execPath, builtProgram("recorder"), ini]],
  };
}

const start = ([path, args]: Turns["python"]): Program => startProgram(path, args);

describe.each(["the C extension", "our schema"] as const)("taking turns on %s", (schema) => {
  let database: DebianDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await server.createDatabase(schema);
    client = await database.connect();
    await client.query(renderSchema("pgq_coop"));
    await client.query(renderSchema("pgq_ext"));
  });

  const add = async (queue: string, data: readonly string[], type = "t"): Promise<void> => {
    await client.query("select pgq.insert_event($1, $2, d) from unnest($3::text[]) d", [queue, type, data]);
  };
  const tick = async (queue: string): Promise<void> => {
    await client.query("select pgq.force_tick($1)", [queue]);
    await client.query("select pgq.ticker($1)", [queue]);
  };
  const seen = async (): Promise<readonly string[]> => {
    const { rows } = await client.query<{ text: string }>("select who || ' ' || ev_data as text from seen order by n");
    return rows.map(({ text }) => text);
  };
  const seeing = (count: number): Promise<unknown> =>
    until(async () => (await seen()).length >= count, { what: `${count} events`, timeoutMs: 60_000 });
  const isWaiting = async (): Promise<boolean> => (await advisoryWaiters(client, 1)).length > 0;

  test.each(["plain", "cooperative", "serial", "remote"] as const)(
    "%s: what the Python consumer was killed in the middle of is done by ours, and the way back",
    async (kind) => {
      const queue = `handover_${kind}`;
      const { python, ours } = turns(database, kind, classes[kind], queue);
      await client.query("drop table if exists seen");
      await client.query(
        "create table seen (n serial, who text, ev_id int8, ev_type text, ev_data text, ev_retry int)",
      );
      await createEagerQueue(client, queue, "bystander");
      await runProgram(python[0], [...python[1], "--register"]);
      await client.query("select pg_advisory_lock(1)");

      const first = start(python);
      await add(queue, ["1", "2", "3"]);
      await add(queue, ["4"], "wait");
      await tick(queue);
      await until(isWaiting, { what: "the Python consumer within the batch", timeoutMs: 60_000 });
      await first.stop("SIGKILL");
      await client.query("select pg_advisory_unlock(1)");
      const second = start(ours);
      await add(queue, ["5"]);
      await tick(queue);
      await seeing(5);
      const status = await second.stop("SIGINT");
      const third = start(python);
      await add(queue, ["6", "7"]);
      await tick(queue);
      await seeing(7);
      await runProgram(ours[0], [...ours[1], "-s"]); // by the pidfile that Python wrote
      await third.stop("SIGINT");

      expect(status).toBe(0);
      expect(await seen()).toEqual(["ours 1", "ours 2", "ours 3", "ours 4", "ours 5", "python 6", "python 7"]);
      if (kind === "plain" || kind === "cooperative") return;
      const { rowCount } = await client.query(`select from ${positions[kind]} where consumer_id = 'job_${queue}'`);
      expect(rowCount).toBe(1);
    },
  );

  test("file: both go on from the position that the other one has written", async () => {
    const queue = "handover_file";
    const { python, ours, folder } = turns(database, "file", "LocalConsumer", queue);
    await createEagerQueue(client, queue, "bystander");
    await runProgram(ours[0], [...ours[1], "--register"]);
    const read = (name: string): string =>
      existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : "";
    const turn = async (by: Turns["python"], data: string): Promise<void> => {
      const program = start(by);
      await add(queue, [data]);
      await tick(queue);
      await until(() => read("output").endsWith(`${data}\n`), { what: `event ${data}`, timeoutMs: 60_000 });
      const { rows } = await client.query<{ tick: string }>(
        "select max(tick_id)::text as tick from pgq.tick join pgq.queue on queue_id = tick_queue where queue_name = $1",
        [queue],
      );
      await until(() => read("position") === rows[0]!.tick, { what: "the position in the file", timeoutMs: 60_000 });
      await program.stop("SIGINT");
    };

    await turn(python, "1");
    await turn(ours, "2");
    await turn(python, "3");

    expect(read("output")).toBe("1\n2\n3\n");
  });
});
