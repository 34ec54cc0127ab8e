// A cascaded queue over databases of a test, made by the functions of pgq_node alone, with the test's worker on each node.
import type pg from "pg";
import { createDatabase, type TestDatabase } from "./database.ts";
import { fixtureFolder, type FixtureFolder, type RunningFixture } from "./run-fixture.ts";
import { createSchemaTemplate } from "./schema-template.ts";
import { value } from "./sessions.ts";
import { until } from "./until.ts";

export const QUEUE = "cascade";

export interface CascadeNode {
  readonly name: string;
  readonly worker: string;
  readonly database: TestDatabase;
  readonly client: pg.Client;
  readonly location: string;
  readonly folder: FixtureFolder;
  readonly queue: string;
  /** The worker of the test, with more environment (CRASH). */
  start(env?: Readonly<Record<string, string>>): RunningFixture;
}

export interface NewCascadeNode {
  readonly type: "root" | "branch" | "leaf";
  readonly provider?: CascadeNode;
  readonly queue?: string;
  /** Another node of the same database. */
  readonly beside?: CascadeNode;
  readonly combined?: string;
  readonly attributes?: string;
  /** More lines of the configuration. */
  readonly lines?: string;
}

export interface CascadeSet extends AsyncDisposable {
  create(name: string, node: NewCascadeNode): Promise<CascadeNode>;
}

/** A template with pgq_node and the table `seen`. */
export async function cascadeTemplate(major: number): Promise<TestDatabase> {
  const template = await createSchemaTemplate(major, "pgq_template", ["pgq_node"]);
  const client = await template.connect();
  await client.query(
    "create table seen (nr serial, queue text, consumer text, ev_id int8, ev_type text, ev_data text)",
  );
  await client.end();
  return template;
}

export function cascadeSet(major: number, template: TestDatabase): CascadeSet {
  const folders: FixtureFolder[] = [];
  const databases: TestDatabase[] = [];
  return {
    async create(name, node) {
      const { beside, queue = QUEUE } = node;
      const database = beside?.database ?? (await createDatabase(major, template.name));
      if (beside === undefined) databases.push(database);
      const client = await database.connect();
      const worker = `${name}_worker`;
      const url = new URL(database.url);
      const location = `host=${url.hostname} port=${url.port} dbname=${database.name} user=${url.username} password=${url.password}`;
      const made: Omit<CascadeNode, "start" | "folder"> = { name, worker, database, client, location, queue };
      await register(made, node);
      const environment: Record<string, string> = {};
      const folder = fixtureFolder(environment, {
        ...{ name: "cascade-worker", section: "cascade" },
        common: [
          `db = ${location}`,
          `queue_name = ${queue}`,
          `job_name = ${worker}`,
          "loop_delay = 0.05",
          "exception_sleep = 0.2",
        ],
      });
      folder.configure(node.lines);
      folders.push(folder);
      const start = (env: Readonly<Record<string, string>> = {}): RunningFixture => {
        for (const key of ["CRASH", "LIVES", "SPARES", "KIND"]) environment[key] = env[key] ?? "";
        return folder.start(folder.ini);
      };
      return { ...made, folder, start };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(folders.map((folder) => folder[Symbol.asyncDispose]()));
      await Promise.all(databases.map((database) => database.drop()));
    },
  };
}

type Made = Omit<CascadeNode, "start" | "folder">;

async function register(node: Made, { type, provider, combined, attributes }: NewCascadeNode): Promise<void> {
  const { client, queue, name, worker } = node;
  const locate = (on: pg.Client, member: Pick<Made, "name" | "location">): Promise<unknown> =>
    on.query("select pgq_node.register_location($1, $2, $3, false)", [queue, member.name, member.location]);
  await locate(client, node);
  let watermark: string | null = null;
  if (provider !== undefined) {
    await locate(provider.client, node);
    const registered = "select global_watermark from pgq_node.register_subscriber($1, $2, $3, null)";
    watermark = (await value<string>(provider.client, registered, [queue, name, worker])) ?? null;
    const members = "select node_name as name, node_location as location from pgq_node.get_queue_locations($1)";
    for (const member of await rows<{ name: string; location: string }>(provider.client, members, [queue])) {
      await locate(client, member);
    }
  }
  const create = "select ret_code from pgq_node.create_node($1, $2, $3, $4, $5, $6, $7)";
  const answer = await value<number>(client, create, [
    ...[queue, type, name, worker, provider?.name ?? null, watermark, combined ?? null],
  ]);
  if (answer !== 200) throw new Error(`create_node answered ${String(answer)}`);
  if (attributes !== undefined) await client.query("select pgq_node.set_node_attrs($1, $2)", [queue, attributes]);
  if (type !== "root") return;
  await client.query("select pgq.set_queue_config($1, 'ticker_max_lag', '0')", [queue]);
  await client.query("select pgq.set_queue_config($1, 'ticker_idle_period', '0')", [queue]);
}

/** One event each and a tick after them. */
export async function addEvents({ client, queue }: CascadeNode, data: readonly string[], type = "row"): Promise<void> {
  await client.query("begin");
  for (const text of data) await client.query("select pgq.insert_event($1, $2, $3)", [queue, type, text]);
  await client.query("commit");
  await tick({ client, queue });
}

/** The ticker adapts its pace, so a tick may not be due at once. */
export async function tick({ client, queue }: Pick<CascadeNode, "client" | "queue">): Promise<void> {
  await until(() => value<string>(client, "select pgq.ticker($1)", [queue]), { what: "a tick" });
}

/** Data of the events that the node's worker has written down, in order. */
export async function seenOn({ client, queue, worker }: CascadeNode): Promise<readonly string[]> {
  const sql = "select ev_data from seen where queue = $1 and consumer = $2 order by nr";
  return (await rows<{ ev_data: string }>(client, sql, [queue, worker])).map((row) => row.ev_data);
}

export async function untilSeen(node: CascadeNode, data: readonly string[]): Promise<void> {
  await until(async () => (await seenOn(node)).length >= data.length, {
    ...{ what: `${data.length} events on ${node.name}`, timeoutMs: 60_000 },
  });
}

/** Ids, times and contents of the events in the node's queue, without the cascade's own. */
export async function queueOf({ client, queue }: CascadeNode): Promise<readonly object[]> {
  const parent = await value<string>(client, "select queue_data_pfx from pgq.queue where queue_name = $1", [queue]);
  return await rows(
    client,
    `select ev_id::text, ev_time::text, ev_type, ev_data, ev_extra1 from ${parent ?? ""} e where ev_type not like 'pgq.%' order by e.ev_id`,
  );
}

/** Ticks above the first. */
export async function ticksOf({ client, queue }: CascadeNode): Promise<readonly object[]> {
  return await rows(
    client,
    `select tick_id::text, tick_time::text, tick_event_seq::text from pgq.tick t join pgq.queue on queue_id = tick_queue
      where queue_name = $1 and tick_id > 1 order by t.tick_id`,
    [queue],
  );
}

/** What each batch between two ticks holds, by the tick at its end: as a consumer reads it. */
export async function batchesOf({ client, queue }: CascadeNode): Promise<readonly object[]> {
  const parent = await value<string>(client, "select queue_data_pfx from pgq.queue where queue_name = $1", [queue]);
  return await rows(
    client,
    `select t.tick_id::text, string_agg(e.ev_id || ' ' || left(e.ev_data, 20), ', ' order by e.ev_id) as events
       from (select tick_id, tick_snapshot as upper, lag(tick_snapshot) over (order by tick_id) as lower
               from pgq.tick join pgq.queue on queue_id = tick_queue where queue_name = $1) t
       left join ${parent ?? ""} e on txid_visible_in_snapshot(e.ev_txid, t.upper)
         and not txid_visible_in_snapshot(e.ev_txid, t.lower)
      where t.lower is not null
      group by t.tick_id
      order by t.tick_id`,
    [queue],
  );
}

export interface NodeState {
  readonly paused: boolean;
  readonly uptodate: boolean;
  readonly last_tick_id: string;
  readonly cur_error: string | null;
  readonly provider_node: string;
}

export async function stateOf({ client, queue, worker }: CascadeNode, consumer = worker): Promise<NodeState> {
  const sql = `select paused, uptodate, last_tick_id::text, cur_error, provider_node from pgq_node.local_state
    where queue_name = $1 and consumer_name = $2`;
  const [state] = await rows<NodeState>(client, sql, [queue, consumer]);
  if (state === undefined) throw new Error(`${consumer} has no state`);
  return state;
}

async function rows<R extends pg.QueryResultRow>(
  client: pg.Client,
  sql: string,
  params: readonly unknown[] = [],
): Promise<R[]> {
  return (await client.query<R>(sql, [...params])).rows;
}
