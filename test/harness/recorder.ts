// The consumer program `recorder` as a process: a database with a queue and the table it writes to, and its folder.
import type pg from "pg";
import type { ConsumerKind } from "../../src/programs/index.ts";
import type { TestDatabase } from "./database.ts";
import { type FixtureFolder, fixtureFolder } from "./run-fixture.ts";
import { createSchemaTemplate } from "./schema-template.ts";
import { until } from "./until.ts";

export interface RecorderSide extends AsyncDisposable {
  readonly db: TestDatabase;
  readonly client: pg.Client;
  /** A new queue, and a folder with the configuration of a consumer `job` of that kind. */
  open(kind: ConsumerKind, lines?: string, env?: Readonly<Record<string, string>>): Promise<Recorder>;
}

export interface Recorder extends AsyncDisposable {
  readonly queue: string;
  readonly folder: FixtureFolder;
  /** The configuration, with other lines besides or instead. */
  configure(lines?: string): void;
  /** Events, all of that type, and a tick. */
  add(data: readonly string[], type?: string): Promise<void>;
  tick(): Promise<void>;
  /** ev_data in the order of being seen. */
  seen(): Promise<readonly string[]>;
  seeing(data: readonly string[]): Promise<void>;
  logged(text: string | RegExp): Promise<void>;
}

let counter = 0;

export async function createRecorderSide(major: number): Promise<RecorderSide> {
  const db = await createSchemaTemplate(major, "pgq_template", ["pgq_coop", "pgq_ext"]);
  const client = await db.connect();
  return {
    db,
    client,
    async open(kind, lines = "", env = {}) {
      const queue = `recorded_${(counter += 1)}`;
      await client.query("drop table if exists seen");
      await client.query(
        "create table seen (n serial, who text, ev_id int8, ev_type text, ev_data text, ev_retry int)",
      );
      await client.query("select pgq.create_queue($1)", [queue]);
      return recorder({ client, url: db.url, kind, queue, lines, env });
    },
    [Symbol.asyncDispose]: () => db.drop(),
  };
}

interface Parts {
  readonly client: pg.Client;
  readonly url: string;
  readonly kind: ConsumerKind;
  readonly queue: string;
  readonly lines: string;
  readonly env: Readonly<Record<string, string>>;
}

const keysOf: Readonly<Record<ConsumerKind, readonly string[]>> = {
  plain: [],
  cooperative: ["subconsumer_name = worker1"],
  serial: [],
  remote: [],
  file: ["local_tracking_file = position", "output = output"],
};

function recorder({ client, url, kind, queue, lines, env }: Parts): Recorder {
  const isTargeted = kind === "serial" || kind === "remote";
  const common = [
    `source_db = ${url}`,
    ...(isTargeted ? [`dst_db = ${url}`] : []),
    ...["loop_delay = 0.05", "exception_sleep = 0.1", `queue_name = ${queue}`],
    ...keysOf[kind],
  ];
  const folder = fixtureFolder({ ...env, KIND: kind }, { name: "recorder", section: "recorder", common });
  folder.configure(lines);
  const tick = async (): Promise<void> => {
    await client.query("select pgq.force_tick($1)", [queue]);
    await client.query("select pgq.ticker($1)", [queue]);
  };
  const seen = async (): Promise<readonly string[]> => {
    if (kind === "file") return folder.read("output").split("\n").slice(0, -1);
    const { rows } = await client.query<{ data: string }>("select ev_data as data from seen order by n");
    return rows.map(({ data }) => data);
  };
  return {
    ...{ queue, folder, tick, seen },
    configure: (more = "") => folder.configure([lines, more].filter((text) => text !== "").join("\n")),
    async add(data, type = "t") {
      await client.query("select pgq.insert_event($1, $2, d) from unnest($3::text[]) d", [queue, type, data]);
      await tick();
    },
    async seeing(data) {
      await until(async () => (await seen()).length >= data.length, {
        what: `${data.length} events`,
        timeoutMs: 30_000,
      });
    },
    async logged(text) {
      const has = (log: string): boolean => (typeof text === "string" ? log.includes(text) : text.test(log));
      await until(() => has(folder.read("p.log")), { what: `${String(text)} in the log`, timeoutMs: 30_000 });
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
