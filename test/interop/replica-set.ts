// A replicated set for tests beside the old programs: each node's database, schema and programs are Debian's or ours.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { londisteProgram } from "../harness/debian-packages.ts";
import { londiste } from "../../src/londiste/index.ts";
import { runHere, startHere } from "../harness/run-program.ts";
import { until } from "../harness/until.ts";
import { type DebianDatabase, type DebianServer, installOurs } from "./debian.ts";
import { type Pgqd, startPgqd } from "./pgqd.ts";
import { endedProgram, type Ended, type Program, startProgram } from "./program.ts";
import { scratchFolder } from "./scratch.ts";

/** Whose programs and schemas a node has. */
export type Side = "debian" | "ours";
export type Role = "root" | "branch" | "leaf";

export interface NodePlan {
  readonly name: string;
  readonly role: Role;
  readonly side: Side;
  /** Name of another node; not for a root. */
  readonly provider?: string;
  /** Owns the database and the schemas, which are ours then, and is who the programs connect as. */
  readonly owner?: string;
}

/** Commands about one node. */
export interface NodeCommands {
  /** Runs `londiste node.ini WORDS`. @throws with what it wrote when the status is not 0 */
  run(...words: readonly string[]): Promise<string>;
  /** The same, with the status for the caller to look at. */
  attempt(...words: readonly string[]): Promise<Ended>;
}

export interface SetNode extends NodePlan, NodeCommands {
  readonly db: pg.Client;
  readonly dsn: string;
  /** Name of its database. */
  readonly database: string;
  /** Commands of that side, whichever programs the node has otherwise. */
  by(side: Side): NodeCommands;
  /** From here on its commands and worker are those of that side; the configuration file stays. */
  useProgramsOf(side: Side): void;
  startWorker(): void;
  stopWorker(): Promise<void>;
  /** What its workers have written so far. */
  workerLog(): string;
}

export interface ReplicaSet {
  readonly queue: string;
  /** In the order of the plan. */
  readonly nodes: readonly SetNode[];
  node(name: string): SetNode;
  /** The old pgqd, which runs from the start. */
  startTicker(): void;
  stopTicker(): Promise<void>;
  /** All workers and the ticker. */
  stop(): Promise<void>;
}

interface SetOptions {
  readonly queue?: string;
  /** Run in the database of that node before it becomes one. */
  readonly schema: (node: string) => string;
}

/** Creates the databases, the nodes in the order of the plan, and starts a ticker and a worker for each node. */
export async function createReplicaSet(
  server: DebianServer,
  plans: readonly NodePlan[],
  { queue = "replika", schema }: SetOptions,
): Promise<ReplicaSet> {
  const folder = scratchFolder();
  const nodes = new Map<string, SetNode>();
  let ticker: Pgqd | null = null;
  const startTicker = (): void => void (ticker ??= startPgqd(server.cluster, "discover"));
  const stopTicker = async (): Promise<void> => {
    await ticker?.stop();
    ticker = null;
  };
  for (const plan of plans) {
    const { side, owner } = plan;
    const isOurs = side === "ours" || owner !== undefined;
    const database = await server.createDatabase(isOurs ? "our schema" : "the C extension", owner);
    if (owner !== undefined) {
      for (const name of ["pgq_node", "londiste"]) await installOurs(server.cluster, database.name, name, owner);
    }
    const db = await database.connect();
    await db.query(schema(plan.name));
    const node = setNode(plan, { db, database, queue, folder });
    nodes.set(plan.name, node);
    const provider = plan.provider === undefined ? [] : [`--provider=${nodes.get(plan.provider)!.dsn}`];
    await node.run(`create-${plan.role}`, plan.name, database.dsn, ...provider);
    if (plan.role === "root") {
      for (const setting of EAGER) await db.query("select pgq.set_queue_config($1, $2, $3)", [queue, ...setting]);
    }
    startTicker();
    node.startWorker();
  }
  return {
    queue,
    nodes: [...nodes.values()],
    node: (name) => nodes.get(name)!,
    startTicker,
    stopTicker,
    async stop() {
      await Promise.all([...nodes.values()].map((node) => node.stopWorker()));
      await stopTicker();
    },
  };
}

/** Ticks soon after events, and when there are none: the old programs wait for ticks at every step of a copy. */
const EAGER = [
  ["ticker_max_lag", "1 s"],
  ["ticker_idle_period", "0.5 s"],
] as const;

interface Londiste {
  run(argv: readonly string[]): Promise<Ended>;
  start(argv: readonly string[]): Pick<Program, "output" | "stop">;
}

/** The old one as a process; ours in this one, which starts at once on a machine however busy. */
const programs: Readonly<Record<Side, Londiste>> = {
  debian: {
    run: (argv) => endedProgram(londisteProgram, argv),
    start: (argv) => startProgram(londisteProgram, argv),
  },
  ours: {
    async run(argv) {
      const { status, stdout, stderr } = await runHere(londiste, argv);
      return { status, output: stdout + stderr };
    },
    start(argv) {
      let output = "";
      const worker = startHere(londiste, argv, (text) => (output += text));
      return {
        output: () => output,
        async stop(signal = "SIGINT") {
          worker.signal(signal);
          return (await worker.ended).status;
        },
      };
    },
  },
};

interface NodeParts {
  readonly db: pg.Client;
  readonly database: DebianDatabase;
  readonly queue: string;
  readonly folder: string;
}

function setNode(plan: NodePlan, { db, database, queue, folder }: NodeParts): SetNode {
  const { dsn } = database;
  const ini = join(folder, `${plan.name}.ini`);
  writeFileSync(
    ini,
    [
      "[londiste]",
      `job_name = worker_${plan.name}`,
      `db = ${dsn}`,
      `queue_name = ${queue}`,
      `pidfile = ${folder}/${plan.name}.pid`,
      "loop_delay = 0.1",
      "exception_sleep = 0.5",
      "parallel_copies = 4",
      "",
    ].join("\n"),
  );
  let program = programs[plan.side];
  let worker: Pick<Program, "output" | "stop"> | null = null;
  let earlierLog = "";
  const commands = (chosen: () => Londiste): NodeCommands => ({
    attempt: (...words) => chosen().run([ini, ...words]),
    async run(...words) {
      const { status, output } = await chosen().run([ini, ...words]);
      if (status !== 0)
        throw new Error(`${plan.name}: ${words.join(" ")} ended with ${status ?? "a signal"}: ${output}`);
      return output;
    },
  });
  return {
    ...plan,
    ...{ db, dsn, database: database.name },
    ...commands(() => program),
    by: (side) => commands(() => programs[side]),
    useProgramsOf(side) {
      program = programs[side];
    },
    startWorker() {
      worker = program.start([ini, "worker"]);
    },
    async stopWorker() {
      await worker?.stop("SIGTERM");
      earlierLog += worker?.output() ?? "";
      worker = null;
    },
    workerLog: () => earlierLog + (worker?.output() ?? ""),
  };
}

/** All rows of a table as text, in an order that does not depend on the node. */
export async function rowsOf(node: SetNode, table: string): Promise<readonly string[]> {
  const { rows } = await node.db.query<{ line: string }>(`select t::text as line from ${table} t order by 1`);
  return rows.map(({ line }) => line);
}

/** Waits until a table has the same rows on these nodes. */
export async function untilEqual(nodes: readonly SetNode[], table: string, timeoutMs = 60_000): Promise<void> {
  await until(
    async () => {
      const all = await Promise.all(nodes.map((node) => rowsOf(node, table)));
      return all.every((rows) => JSON.stringify(rows) === JSON.stringify(all[0]));
    },
    { timeoutMs },
  );
}

/** Adds tables on all nodes, from the root down, and waits until they are in sync. */
export async function replicate({ nodes }: Pick<ReplicaSet, "nodes">, tables: readonly string[]): Promise<void> {
  for (const node of nodes) {
    await node.run("add-table", ...tables);
    if (node.role !== "root") await node.run("wait-sync");
  }
}
