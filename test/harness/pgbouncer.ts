// A PgBouncer in transaction mode before a server, ended with the test.
import { spawn } from "node:child_process";
import { chmodSync, chownSync, writeFileSync } from "node:fs";
import pg from "pg";
import { pgbouncerProgram } from "./debian-packages.ts";
import { freePort } from "../../src/testing/server-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { until } from "./until.ts";

export interface PgBouncer extends AsyncDisposable {
  /** The address of a database behind it. */
  url(database: string): string;
}

/** Few sessions of the server for all clients, so that the transactions of one client run in different ones. */
const POOL_SIZE = 4;
/** It does not run as root. */
const NOBODY = 65_534;

export async function startPgBouncer(serverUrl: string): Promise<PgBouncer> {
  const folder = temporaryFolder();
  const server = new URL(serverUrl);
  const port = await freePort();
  const ini = folder.file("pgbouncer.ini");
  const isRoot = process.getuid?.() === 0;
  writeFileSync(
    ini,
    `[databases]
* = host=127.0.0.1 port=${server.port} user=${server.username || "postgres"}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${POOL_SIZE}
max_client_conn = 100
`,
  );
  chmodSync(folder.path, 0o755);
  if (isRoot) chownSync(ini, NOBODY, NOBODY);
  const child = spawn(pgbouncerProgram, [ini], {
    stdio: ["ignore", "pipe", "pipe"],
    ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  let output = "";
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  child.stderr.on("data", (data: Buffer) => (output += data.toString()));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const url = (database: string): string => `postgresql://postgres@127.0.0.1:${port}/${database}`;
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
    folder[Symbol.dispose]();
  };
  try {
    await until(() => answers(url("postgres")), { what: "an answer of PgBouncer" });
  } catch (error) {
    await stop();
    throw new Error(`PgBouncer does not work: ${output}`, { cause: error });
  }
  return { url, [Symbol.asyncDispose]: stop };
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client(url);
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("select 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
