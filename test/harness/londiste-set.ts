// A replica set of our own programs over databases of a test: `londiste` and `pgqd` as processes.
import { writeFileSync } from "node:fs";
import type pg from "pg";
import { cliProgram } from "./cli-program.ts";
import { createDatabaseOn, serverUrl, type TestDatabase } from "./database.ts";
import { endedChild, type RunningChild, startChild } from "./running-child.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { until } from "./until.ts";

export interface LondisteNode {
  readonly name: string;
  readonly client: pg.Client;
  readonly database: TestDatabase;
  readonly location: string;
  /** Runs `londiste node.ini WORDS`. @throws with what it wrote unless the status is 0 */
  run(...words: readonly string[]): Promise<string>;
  /** The same; the status is for the caller to look at. */
  attempt(...words: readonly string[]): Promise<{ readonly status: number | string; readonly output: string }>;
  startWorker(): RunningChild;
  /** The one that was started last. */
  readonly worker: RunningChild;
}

export interface NewLondisteNode {
  readonly type: "root" | "branch" | "leaf";
  readonly provider?: LondisteNode;
  /** Run before the node is created. */
  readonly schema?: string;
  readonly major: number;
  /** More lines of the configuration; they win. */
  readonly lines?: string;
  /** Instead of the database's own address: a proxy before it. */
  readonly port?: number;
  /** Server to make the database on. Default: the shared one of the major. */
  readonly server?: string;
}

export interface LondisteSet extends AsyncDisposable {
  readonly queue: string;
  /** With a worker and, for a root, a ticker. */
  create(name: string, node: NewLondisteNode): Promise<LondisteNode>;
}

export function londisteSet(queue = "replika"): LondisteSet {
  const folder = temporaryFolder();
  const databases: TestDatabase[] = [];
  const children: RunningChild[] = [];
  return {
    queue,
    async create(name, { type, provider, schema = "", major, lines = "", port, server = serverUrl(major) }) {
      const database = await createDatabaseOn({ major, url: server }, "template1");
      databases.push(database);
      const client = await database.connect();
      if (schema !== "") await client.query(schema);
      const url = new URL(database.url);
      const place = `host=${url.hostname} port=${port ?? url.port} dbname=${database.name}`;
      const location = `${place} user=${url.username} password=${url.password}`;
      const ini = folder.file(`${name}.ini`);
      writeFileSync(
        ini,
        [
          "[londiste]",
          `job_name = ${name}_worker`,
          `db = ${location}`,
          `queue_name = ${queue}`,
          `pidfile = ${folder.file(`${name}.pid`)}`,
          ...["exception_sleep = 1", "parallel_copies = 4"].filter((line) => !lines.includes(line.split(" ")[0] ?? "")),
          lines,
          "",
        ].join("\n"),
      );
      const words = (more: readonly string[]): readonly string[] => [...cliProgram, "londiste", ini, ...more];
      const attempt: LondisteNode["attempt"] = (...more) => endedChild(words(more));
      const run: LondisteNode["run"] = async (...more) => {
        const { status, output } = await attempt(...more);
        if (status !== 0) throw new Error(`${name}: ${more.join(" ")} ended with ${status}: ${output}`);
        return output;
      };
      let worker: RunningChild | null = null;
      const node: LondisteNode = {
        ...{ name, client, database, location, run, attempt },
        startWorker() {
          worker = startChild(words(["worker"]));
          children.push(worker);
          return worker;
        },
        get worker() {
          if (worker === null) throw new Error(`${name} has no worker`);
          return worker;
        },
      };
      await run(
        `create-${type}`,
        name,
        location,
        ...(provider === undefined ? [] : [`--provider=${provider.location}`]),
      );
      if (type === "root") {
        writeFileSync(
          folder.file("pgqd.ini"),
          `[pgqd]\nbase_connstr = ${location.replace(/dbname=\S+ /, "")}\ndatabase_list = ${database.name}\n`,
        );
        children.push(startChild([...cliProgram, "pgqd", folder.file("pgqd.ini")]));
      }
      node.startWorker();
      return node;
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill("SIGTERM");
      await Promise.all(children.map(({ ended }) => ended));
      await Promise.all(databases.map((database) => database.drop()));
      folder[Symbol.dispose]();
    },
  };
}

/** All rows of a table as text, in an order that does not depend on the node. */
export async function rowsOf({ client }: LondisteNode, table: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ line: string }>(`select t::text as line from ${table} t`);
  return rows.map(({ line }) => line).sort();
}

/** Waits until a node has applied all that the root has ticked when this was called; a tick is waited for first. */
export async function untilReplicated(
  root: LondisteNode,
  nodes: readonly LondisteNode[],
  queue = "replika",
): Promise<void> {
  const before = await newestTick(root, queue);
  await root.client.query("select pgq.force_tick($1)", [queue]);
  const tick = await until(
    async () => ((await newestTick(root, queue)) > before ? await newestTick(root, queue) : null),
    {
      ...{ what: "a tick", timeoutMs: 60_000 },
    },
  );
  for (const node of nodes) {
    await until(async () => (await positionOf(node, queue)) >= tick, {
      ...{ what: `${node.name} at tick ${tick}`, timeoutMs: 90_000 },
    });
  }
}

async function newestTick({ client }: LondisteNode, queue: string): Promise<bigint> {
  const sql = "select last_tick_id::text as tick from pgq.get_queue_info($1)";
  return BigInt((await client.query<{ tick: string }>(sql, [queue])).rows[0]?.tick ?? "0");
}

async function positionOf({ client, name }: LondisteNode, queue: string): Promise<bigint> {
  const sql = "select completed_tick::text as tick from pgq_node.get_consumer_state($1, $2)";
  return BigInt((await client.query<{ tick: string | null }>(sql, [queue, `${name}_worker`])).rows[0]?.tick ?? "0");
}
