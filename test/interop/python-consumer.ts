// The Python consumer of test/interop/python/recorder.py: its configuration, its registration, and what it has seen.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type pg from "pg";
import { pythonProgram } from "../harness/debian-packages.ts";
import type { DebianDatabase } from "./debian.ts";
import { type Program, runProgram, startProgram } from "./program.ts";
import { scratchFolder } from "./scratch.ts";

const scripts = join(dirname(fileURLToPath(import.meta.url)), "python");

export interface SeenEvent {
  readonly ev_type: string;
  readonly ev_data: string;
  readonly ev_extra1: string | null;
  readonly ev_retry: number | null;
}

/** Makes the table `seen`, registers the consumer `recorder` on the queue, and gives its configuration file. */
export async function registerRecorder(
  database: DebianDatabase,
  queue: string,
  keys: Readonly<Record<string, string>> = {},
): Promise<string> {
  const client = await database.connect();
  await client.query("drop table if exists seen");
  await client.query(
    "create table seen (n serial, ev_id bigint, ev_type text, ev_data text, ev_extra1 text, ev_retry int)",
  );
  const ini = writeIni("recorder", database, queue, keys);
  await runProgram(pythonProgram, [join(scripts, "recorder.py"), ini, "--register"]);
  return ini;
}

function writeIni(
  job: string,
  database: DebianDatabase,
  queue: string,
  keys: Readonly<Record<string, string>>,
): string {
  const ini = join(scratchFolder(), `${job}.ini`);
  const all = { job_name: job, source_db: database.dsn, queue_name: queue, loop_delay: "0.1", ...keys };
  const lines = Object.entries(all).map(([key, value]) => `${key} = ${value}`);
  writeFileSync(ini, [`[${job}]`, ...lines, ""].join("\n"));
  return ini;
}

export function startRecorder(ini: string): Program {
  return startProgram(pythonProgram, [join(scripts, "recorder.py"), ini]);
}

export async function produce(database: DebianDatabase, queue: string): Promise<void> {
  await runProgram(pythonProgram, [join(scripts, "producer.py"), database.dsn, queue]);
}

/** A worker of the consumer, which registers itself and writes into the table `shared`. */
export function startCoopRecorder(database: DebianDatabase, queue: string, consumer: string, worker: string): Program {
  const keys = { consumer_name: consumer, subconsumer_name: worker };
  return startProgram(pythonProgram, [
    join(scripts, "coop_recorder.py"),
    writeIni("coop_recorder", database, queue, keys),
  ]);
}

/** Events `python 1` to `python COUNT`, each in its own transaction. */
export async function produceWithPython(database: DebianDatabase, queue: string, count: number): Promise<void> {
  await runProgram(pythonProgram, [join(scripts, "number_producer.py"), database.dsn, queue, String(count)]);
}

/** In the order in which they were seen. */
export async function seenEvents(client: pg.Client): Promise<readonly SeenEvent[]> {
  const { rows } = await client.query<SeenEvent>("select ev_type, ev_data, ev_extra1, ev_retry from seen order by n");
  return rows;
}
