// A set of nodes of our Londiste on the shared servers, of any majors: a database, a configuration file and a worker
// each, with tickers. Commands run in this process; workers in this process too, or in ones that can be killed.
import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import type pg from "pg";
import { londiste } from "../../src/londiste/index.ts";
import { cliProgram } from "./cli-program.ts";
import { createDatabase, majors, serverUrl, type TestDatabase } from "./database.ts";
import { type RunningFleet, startFleet } from "./fleet.ts";
import { type ProgramResult, runHere, startHere } from "./run-program.ts";
import { type TemporaryFolder, temporaryFolder } from "./temporary-folder.ts";
import { until } from "./until.ts";

export interface NodePlan {
  readonly name: string;
  readonly role: "root" | "branch" | "leaf";
  /** Name of another node; not for a root. */
  readonly provider?: string;
  /** Default: the first of this run. */
  readonly major?: number;
  /** What its database is made from, with what `create database` takes behind that. Default: template1. */
  readonly template?: string;
  /** More lines of its configuration file. */
  readonly ini?: readonly string[];
}

export interface SetOptions {
  /** In this order they are created. */
  readonly nodes: readonly NodePlan[];
  /** Run in the database of a node before it becomes one. */
  readonly schema?: string | ((node: string) => string);
  readonly queue?: string;
  /** Default true. */
  readonly startsWorkers?: boolean;
}

export interface SetNode extends NodePlan {
  readonly db: pg.Client;
  readonly database: TestDatabase;
  /** Its configuration file. */
  readonly ini: readonly string[];
  readonly iniFile: string;
  readonly worker: string;
  /** `londiste node.ini WORDS`. @throws with what it wrote when the status is not 0 */
  run(...words: readonly string[]): Promise<ProgramResult>;
  /** The same, with the status for the caller to look at. */
  attempt(...words: readonly string[]): Promise<ProgramResult>;
  /** As a process: one that can be killed; it needs `npm run build`. */
  startWorker(how?: "here" | "process"): void;
  /** Ends it; "SIGKILL" only one that is a process. @returns its exit status, null when a signal ended it */
  stopWorker(signal?: NodeJS.Signals): Promise<number | null>;
  /** What its worker has written so far, all of them. */
  workerLog(): string;
}

export interface OurSet extends AsyncDisposable {
  readonly queue: string;
  /** Folder of the configuration files. */
  readonly folder: TemporaryFolder;
  readonly nodes: readonly SetNode[];
  node(name: string): SetNode;
  /** Makes one more. */
  addNode(plan: NodePlan): Promise<SetNode>;
}

export async function createOurSet(options: SetOptions): Promise<OurSet> {
  const { schema = "", queue = "replika", startsWorkers = true } = options;
  const folder = temporaryFolder();
  const nodes: OpenNode[] = [];
  const fleets: RunningFleet[] = [];
  const find = (name: string): OpenNode => {
    const found = nodes.find((node) => node.name === name);
    if (found === undefined) throw new Error(`no node ${name} in this set`);
    return found;
  };
  const addNode = async (plan: NodePlan): Promise<SetNode> => {
    const major = plan.major ?? majors()[0]!;
    const database = await createDatabase(major, plan.template ?? "template1");
    const node = openNode(plan, { folder, queue, database, db: await database.connect() });
    nodes.push(node);
    fleets.push(startFleet(serverUrl(major), { databases: [database.name], checkPeriodMs: 100, maintPeriodMs: 1000 }));
    await node.db.query(typeof schema === "string" ? schema : schema(plan.name));
    const provider = plan.provider === undefined ? [] : [`--provider=${find(plan.provider).database.url}`];
    await node.run(`create-${plan.role}`, plan.name, database.url, ...provider);
    if (startsWorkers) node.startWorker();
    return node;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stopWorker().catch(() => null)));
    await Promise.all(fleets.map((fleet) => fleet.stop()));
    await Promise.all(nodes.map((node) => node.database.drop()));
    folder[Symbol.dispose]();
  };
  try {
    for (const plan of options.nodes) await addNode(plan);
  } catch (error) {
    await stop();
    throw error;
  }
  return { queue, folder, nodes, node: find, addNode, [Symbol.asyncDispose]: stop };
}

type OpenNode = SetNode;

interface NodeParts {
  readonly folder: TemporaryFolder;
  readonly queue: string;
  readonly database: TestDatabase;
  readonly db: pg.Client;
}

function openNode(plan: NodePlan, { folder, queue, database, db }: NodeParts): OpenNode {
  const iniFile = folder.file(`${plan.name}.ini`);
  const worker = `worker_${plan.name}`;
  const ini = [
    "[londiste]",
    `job_name = ${worker}`,
    `db = ${database.url}`,
    `queue_name = ${queue}`,
    `pidfile = ${folder.file(`${plan.name}.pid`)}`,
    "loop_delay = 0.2",
    "exception_sleep = 0.2",
    ...(plan.ini ?? []),
  ];
  writeFileSync(iniFile, `${ini.join("\n").replaceAll("%", "%%")}\n`);
  let running: Running | null = null;
  let log = "";
  const attempt = (...words: readonly string[]): Promise<ProgramResult> => runHere(londiste, [iniFile, ...words]);
  return {
    ...plan,
    ...{ db, database, ini, iniFile, worker, attempt },
    async run(...words) {
      const result = await attempt(...words);
      if (result.status === 0) return result;
      throw new Error(`${plan.name}: ${words.join(" ")} ended with ${result.status}: ${result.stdout}${result.stderr}`);
    },
    startWorker(how = "here") {
      if (running !== null) throw new Error(`the worker of ${plan.name} runs already`);
      const note = (text: string): void => void (log += text);
      running = how === "here" ? startWorkerHere([iniFile, "worker"], note) : startProcess([iniFile, "worker"], note);
    },
    async stopWorker(signal = "SIGTERM") {
      const status = (await running?.stop(signal)) ?? null;
      running = null;
      return status;
    },
    workerLog: () => log,
  };
}

interface Running {
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

function startWorkerHere(argv: readonly string[], note: (text: string) => void): Running {
  const worker = startHere(londiste, argv, note);
  return {
    async stop(signal) {
      worker.signal(signal);
      return (await worker.ended).status;
    },
  };
}

function startProcess(argv: readonly string[], note: (text: string) => void): Running {
  const child: ChildProcess = spawn(process.execPath, [...cliProgram, "londiste", ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout?.on("data", (data: Buffer) => note(data.toString()));
  child.stderr?.on("data", (data: Buffer) => note(data.toString()));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    stop(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

/** All rows of a table as text, in an order that no node's locale changes. */
export async function rowsOf(node: Pick<SetNode, "db">, table: string): Promise<readonly string[]> {
  const { rows } = await node.db.query<{ line: string }>(
    `select t::text as line from ${table} t order by t::text collate "C"`,
  );
  return rows.map(({ line }) => line);
}

/** Waits until a table has the same rows on these nodes. */
export async function untilEqual(
  nodes: readonly Pick<SetNode, "db" | "name">[],
  table: string,
  timeoutMs = 60_000,
): Promise<void> {
  await until(
    async () => {
      const all = await Promise.all(nodes.map((node) => rowsOf(node, table)));
      return all.every((rows) => JSON.stringify(rows) === JSON.stringify(all[0]));
    },
    { timeoutMs, what: `${table} equal on ${nodes.map(({ name }) => name).join(", ")}` },
  );
}
