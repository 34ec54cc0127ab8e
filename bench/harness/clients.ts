// The ways in which a side is made to work. All give the seconds that the work took, without connecting.
import { spawn } from "node:child_process";
import { debianBinaries } from "../../test/harness/debian-packages.ts";
import type { Side } from "./contest.ts";

export interface PgbenchOptions {
  readonly transactions: number;
  /** Settings of the session, as in PGOPTIONS; the same for both sides. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Runs `script` that many times over one connection with prepared statements, and the same random numbers every time. */
export async function pgbench(side: Side, script: string, options: PgbenchOptions): Promise<number> {
  const flags = ["-n", "-M", "prepared", "-c", "1", "-t", String(options.transactions), "--random-seed=1", "-f", "-"];
  const output = await runProgram("pgbench", [...flags, ...address(side)], script, options.settings);
  const tps = /^tps = ([0-9.]+)/m.exec(output)?.[1];
  if (tps === undefined) throw new Error(`pgbench did not tell its rate: ${output}`);
  return options.transactions / Number(tps);
}

/** Runs a script through psql, which throws the rows away as fast as a client can. */
export async function psql(side: Side, script: string): Promise<number> {
  const from = performance.now();
  await runProgram("psql", ["-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", ...address(side)], script);
  return secondsSince(from);
}

/** Runs statements one after the other over the side's own connection. */
export async function statements(side: Side, ...list: readonly string[]): Promise<number> {
  const from = performance.now();
  for (const sql of list) await side.client.query(sql);
  return secondsSince(from);
}

export function secondsSince(from: number): number {
  return (performance.now() - from) / 1000;
}

function address(side: Side): string[] {
  return ["-h", side.host, "-p", String(side.port), "-U", "postgres", side.database];
}

async function runProgram(
  program: string,
  args: readonly string[],
  input: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<string> {
  const pgOptions = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  const child = spawn(`${debianBinaries}/bin/${program}`, args, {
    env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8", PGOPTIONS: pgOptions.join(" ") },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  child.stdin.end(input);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (status !== 0) throw new Error(`${program} ended with status ${status}: ${errors.trim() || output.trim()}`);
  return output;
}
