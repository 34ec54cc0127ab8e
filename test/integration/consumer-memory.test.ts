// A batch that is many times as large as the memory of the process that reads it.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { majors, type TestDatabase } from "../harness/database.ts";
import { builtProgram } from "../harness/run-fixture.ts";
import { createSchemaTemplate } from "../harness/schema-template.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";

const EVENTS = 300_000;
const BYTES = 500;
const HEAP_MB = 40;
const kinds = ["plain", "serial", "file", "cooperative"] as const;

let db: TestDatabase;

beforeAll(async () => {
  db = await createSchemaTemplate(Math.max(...majors()), "pgq_template", ["pgq_coop", "pgq_ext"]);
  const client = await db.connect();
  await client.query("select pgq.create_queue('large')");
  for (const kind of kinds) await client.query("select pgq.register_consumer('large', $1)", [kind]);
  await client.query("select pgq_coop.register_subconsumer('large', 'cooperative', 'worker')");
  await client.query(
    `do $$ begin execute format(
       'insert into %s (ev_time, ev_type, ev_data) select now(), ''t'', repeat(''x'', ${BYTES}) from generate_series(1, ${EVENTS})',
       pgq.current_event_table('large')); end $$`,
  );
  await client.query("select pgq.force_tick('large')");
  await client.query("select pgq.ticker('large')");
}, 120_000);
afterAll(() => db.drop());

test.each(kinds)(
  `a %s consumer reads a batch of ${EVENTS} events of ${BYTES} bytes with a heap of ${HEAP_MB} MB`,
  async (kind) => {
    using folder = temporaryFolder();
    const argv = [builtProgram("big-batch"), db.url, "large", kind, kind, folder.file("position")];

    const { stdout } = await promisify(execFile)(process.execPath, [`--max-old-space-size=${HEAP_MB}`, ...argv]);

    expect(JSON.parse(stdout)).toEqual({ events: EVENTS, bytes: EVENTS * BYTES });
  },
  120_000,
);
